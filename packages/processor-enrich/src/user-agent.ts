import Bowser from 'bowser'
import type { Found, Lookup } from './lookup.ts'

/** What is longer says nothing more, and would take longer. */
const maxLength = 512

/** Names of programs that are no browsers: `curl/8.11.0`. */
const product = /^([A-Za-z][\w.-]{0,63})\/(\d[\w.-]{0,31})/

/** Browser or program, and system, of a user agent. */
export const userAgents: Lookup = {
  find(text): Found {
    const agent = text.slice(0, maxLength)
    if (agent === '') return []
    const { browser, os, platform } = Bowser.parse(agent)
    const [, name = '', version = ''] = product.exec(agent) ?? []
    const isKnown = (browser.name ?? '') !== ''
    const entries: [string, string | undefined][] = [
      ['user_agent.name', isKnown ? browser.name : name],
      ['user_agent.version', isKnown ? browser.version : version],
      ['user_agent.os.name', os.name],
      ['user_agent.os.version', os.versionName ?? os.version],
      ['user_agent.synthetic.type', platform.type === 'bot' ? 'bot' : undefined],
    ]
    return entries.flatMap(([key, value]) => (value === undefined || value === '' ? [] : [[key, value] as const]))
  },
}
