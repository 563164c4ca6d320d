import { Clock, defineExporter, RunMode } from '@weir/sdk'
import { emailConfig } from './config.ts'
import { checkEmail, EmailExporter } from './email-exporter.ts'

export default defineExporter({
  type: 'email',
  description: 'Sends alerts by email, several of them as one digest.',
  stability: 'beta',
  config: emailConfig,
  // What fires within half a minute is one mail.
  batches: { max_records: 50, flush_timeout: '30s' },
  check: checkEmail,
  accepts: ['alerts', 'logs'],
  inject: { mode: RunMode, clock: Clock },
  create: (context) => new EmailExporter(context),
})
