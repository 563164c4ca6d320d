export { filter as default } from './filter.ts'
