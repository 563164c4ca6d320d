import { pino } from 'pino'
import { expect, it } from 'vitest'
import { componentLogger } from './logger.ts'

it("logs with a component's id, at the level that the process has at the time", () => {
  const lines: unknown[] = []
  const process = pino(
    { level: 'warn', base: null, timestamp: false },
    { write: (line) => lines.push(JSON.parse(line)) },
  )
  const logger = componentLogger(process, 'file/nginx')
  logger.info('left out')
  logger.warn({ lines: 3 }, 'three lines')
  process.level = 'debug'
  logger.debug('a detail')
  process.level = 'silent'
  logger.error('left out')
  expect(lines).toEqual([
    { level: 40, component: 'file/nginx', lines: 3, msg: 'three lines' },
    { level: 20, component: 'file/nginx', msg: 'a detail' },
  ])
})
