export { dedupe as default } from './dedupe.ts'
