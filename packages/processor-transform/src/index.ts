export { transform as default } from './transform.ts'
