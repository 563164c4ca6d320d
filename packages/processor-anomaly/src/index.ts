import { anomaly } from './anomaly.ts'
import { cardinality } from './detectors/cardinality.ts'
import { distribution } from './detectors/distribution.ts'
import { errorRate } from './detectors/error-rate.ts'
import { missingPattern } from './detectors/missing-pattern.ts'
import { newPattern } from './detectors/new-pattern.ts'
import { pattern } from './detectors/pattern.ts'
import { rate } from './detectors/rate.ts'
import { sequence } from './detectors/sequence.ts'
import { series } from './detectors/series.ts'
import { threshold } from './detectors/threshold.ts'
import { template } from './templates/template-processor.ts'
import { templates } from './templates/templates-exporter.ts'

export default [
  anomaly,
  rate,
  errorRate,
  newPattern,
  missingPattern,
  pattern,
  threshold,
  series,
  cardinality,
  sequence,
  distribution,
  template,
  templates,
]
