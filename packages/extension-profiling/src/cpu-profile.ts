import { Session } from 'node:inspector/promises'

/** Samples what the main thread does until the wait is over. @returns the profile, as DevTools read it */
export async function cpuProfile(wait: () => Promise<void>): Promise<string> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    await wait()
    const { profile } = await session.post('Profiler.stop')
    return JSON.stringify(profile)
  } finally {
    session.disconnect()
  }
}
