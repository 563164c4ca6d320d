export { sample as default } from './sample.ts'
