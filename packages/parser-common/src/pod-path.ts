import { type AttributeMap, attributeMap } from '@weir/sdk'

/** `/var/log/pods/NAMESPACE_POD_UID/CONTAINER/RESTARTS.log`, rotated or not. */
const pods = /[/\\]([^_/\\]+)_([^_/\\]+)_([0-9a-fA-F-]+)[/\\]([^/\\]+)[/\\](\d+)\.log(?:\.\d{8}-\d{6})?(?:\.gz)?$/
/** `/var/log/containers/POD_NAMESPACE_CONTAINER-ID.log`, a symbolic link to the former. */
const containers = /[/\\]([^_/\\]+)_([^_/\\]+)_([^/\\]+)-([0-9a-f]{64})\.log$/

/**
 * The pod and container whose file has this path, by OpenTelemetry's names, if it is one of Kubernetes.
 * @see https://kubernetes.io/docs/concepts/cluster-administration/logging/
 */
export function podOf(path: string): AttributeMap | undefined {
  const pod = pods.exec(path)
  if (pod !== null) {
    const [, namespace = '', name = '', uid = '', container = '', restarts = ''] = pod
    return Object.freeze(
      attributeMap([
        ['k8s.namespace.name', namespace],
        ['k8s.pod.name', name],
        ['k8s.pod.uid', uid],
        ['k8s.container.name', container],
        ['k8s.container.restart_count', Number(restarts)],
      ]),
    )
  }
  const link = containers.exec(path)
  if (link === null) return undefined
  const [, name = '', namespace = '', container = '', id = ''] = link
  return Object.freeze(
    attributeMap([
      ['k8s.namespace.name', namespace],
      ['k8s.pod.name', name],
      ['k8s.container.name', container],
      ['container.id', id],
    ]),
  )
}
