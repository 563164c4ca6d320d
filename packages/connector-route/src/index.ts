import { route, routeAlerts } from './route.ts'

export default [route, routeAlerts]
