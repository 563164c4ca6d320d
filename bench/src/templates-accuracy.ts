/**
 * How well clusters of messages agree with the events that people found in them.
 * `ga`: share of the messages whose cluster holds exactly the messages of one event (Zhu et al., "Tools and Benchmarks
 * for Automated Log Parsing", ICSE 2019). `fga`: F1 over the clusters that do, each counted once (Khan et al., ICSE 2022).
 */
export function groupingAccuracy(clusters: readonly string[], events: readonly string[]): { ga: number; fga: number } {
  const eventSizes = sizes(events)
  const clusterSizes = sizes(clusters)
  const eventOf = new Map<string, string>()
  const mixed = new Set<string>()
  for (const [index, cluster] of clusters.entries()) {
    const event = events[index] ?? ''
    if ((eventOf.get(cluster) ?? event) !== event) mixed.add(cluster)
    eventOf.set(cluster, event)
  }
  let messages = 0
  let groups = 0
  for (const [cluster, size] of clusterSizes) {
    if (mixed.has(cluster) || size !== eventSizes.get(eventOf.get(cluster) ?? '')) continue
    messages += size
    groups++
  }
  return { ga: messages / clusters.length, fga: (2 * groups) / (clusterSizes.size + eventSizes.size) }
}

function sizes(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return counts
}
