export { enrich as default } from './enrich.ts'
