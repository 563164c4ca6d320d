import { Clock, defineExporter, RunMode } from '@weir/sdk'
import { webhookConfig } from './config.ts'
import { checkWebhook, WebhookExporter } from './webhook-exporter.ts'

export default defineExporter({
  type: 'webhook',
  description: 'Sends alerts and records to a web service: Slack, Discord, Teams, PagerDuty, or your own.',
  stability: 'beta',
  config: webhookConfig,
  check: checkWebhook,
  inject: { mode: RunMode, clock: Clock },
  create: (context) => new WebhookExporter(context),
})
