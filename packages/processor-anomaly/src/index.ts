import { anomaly } from './anomaly.ts'
import { errorRate } from './detectors/error-rate.ts'
import { pattern } from './detectors/pattern.ts'
import { rate } from './detectors/rate.ts'
import { threshold } from './detectors/threshold.ts'

export default [anomaly, rate, errorRate, pattern, threshold]
