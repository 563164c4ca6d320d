export { redact as default } from './redact.ts'
