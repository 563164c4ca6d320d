import { anomaly } from './anomaly.ts'
import { errorRate } from './detectors/error-rate.ts'
import { newPattern } from './detectors/new-pattern.ts'
import { pattern } from './detectors/pattern.ts'
import { rate } from './detectors/rate.ts'
import { series } from './detectors/series.ts'
import { threshold } from './detectors/threshold.ts'
import { templates } from './templates/templates-exporter.ts'

export default [anomaly, rate, errorRate, newPattern, pattern, threshold, series, templates]
