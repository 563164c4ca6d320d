/** Milliseconds that this process has had a processor: what a benchmark on a shared machine can compare. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
