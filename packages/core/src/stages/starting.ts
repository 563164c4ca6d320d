import { isWeirError, messageOf, WeirError } from '@weir/sdk'

/** Starts a component. @throws WeirError that names the component which could not be started */
export async function starting(component: string, start: () => unknown): Promise<void> {
  try {
    await start()
  } catch (cause) {
    const { code = 'WEIR_COMPONENT_START', hint } = isWeirError(cause) ? cause : {}
    const options = { code, component, cause, ...(hint === undefined ? {} : { hint }) }
    throw new WeirError(`${component} could not be started: ${messageOf(cause)}`, options)
  }
}
