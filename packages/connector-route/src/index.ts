export { route as default } from './route.ts'
