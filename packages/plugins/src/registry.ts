import { type Definition, type Kind, WeirError } from '@weir/sdk'
import { completeSchema } from './complete-schema.ts'

/** A component type that is installed. */
export interface RegisteredType {
  readonly definition: Definition
  readonly schema: object
  readonly packageName: string
  readonly version: string
  /** Module that exports the definition, for worker threads. */
  readonly entry: string
}

/** Packages of ours that provide types which may not be installed. */
const knownProviders: { readonly [kindAndType: string]: string } = {
  'connector correlation': '@weir/connector-correlation',
  'connector metrics': '@weir/connector-metrics',
  'connector route': '@weir/connector-route',
  'connector route_alerts': '@weir/connector-route',
  'exporter alertmanager': '@weir/exporter-alertmanager',
  'exporter elasticsearch': '@weir/exporter-elasticsearch',
  'exporter email': '@weir/exporter-email',
  'exporter loki': '@weir/exporter-loki',
  'exporter nats': '@weir/exporter-nats',
  'exporter otlp': '@weir/exporter-otlp',
  'exporter prometheus': '@weir/exporter-prometheus',
  'exporter redis': '@weir/exporter-redis',
  'exporter syslog': '@weir/exporter-syslog',
  'exporter webhook': '@weir/exporter-webhook',
  'extension basic_auth': '@weir/extension-auth',
  'extension bearer_auth': '@weir/extension-auth',
  'extension health': '@weir/extension-health',
  'extension profiling': '@weir/extension-profiling',
  'processor dedupe': '@weir/processor-dedupe',
  'processor enrich': '@weir/processor-enrich',
  'processor filter': '@weir/processor-filter',
  'processor redact': '@weir/processor-redact',
  'processor sample': '@weir/processor-sample',
  'processor transform': '@weir/processor-transform',
  'receiver exec': '@weir/receiver-exec',
  'receiver http': '@weir/receiver-http',
  'receiver nats': '@weir/receiver-nats',
  'receiver otlp': '@weir/receiver-otlp',
  'receiver redis': '@weir/receiver-redis',
  'receiver socket': '@weir/receiver-socket',
  'receiver syslog': '@weir/receiver-syslog',
}

/** The component types that are installed, by kind and type. */
export class Registry {
  readonly #types = new Map<string, RegisteredType>()
  /** What is installed and was not loaded, as `kind/type`. */
  readonly #announced = new Set<string>()
  readonly #preferred: { readonly [kindAndType: string]: string }

  /** @param preferred package by `kind/type`, which settles that two offer the same type */
  constructor(preferred: { readonly [kindAndType: string]: string } = {}) {
    this.#preferred = preferred
  }

  /** @throws WeirError `WEIR_PLUGIN_DUPLICATE` when another package offers the same type and the config prefers none */
  add(definition: Definition, from: { packageName: string; version: string; entry: string }): void {
    const key = `${definition.kind}/${definition.type}`
    const known = this.#types.get(key)
    const preferred = this.#preferred[key]
    if (preferred !== undefined && preferred !== from.packageName) return
    if (known !== undefined && known.packageName !== from.packageName && preferred === undefined) {
      throw new WeirError(
        `${definition.kind} "${definition.type}" is offered by ${known.packageName} and by ${from.packageName}`,
        {
          code: 'WEIR_PLUGIN_DUPLICATE',
          hint: `choose one in the config: plugins: { prefer: { ${key}: ${from.packageName} } }, or remove one`,
        },
      )
    }
    this.#types.set(key, { definition, schema: completeSchema(definition), ...from })
  }

  /** A type is installed, but not loaded: the config has no word of it. */
  announce(kindAndType: string): void {
    this.#announced.add(kindAndType)
  }

  find(kind: Kind, type: string): RegisteredType | undefined {
    return this.#types.get(`${kind}/${type}`)
  }

  types(kind: Kind): string[] {
    const prefix = `${kind}/`
    const names = new Set([...this.#types.keys(), ...this.#announced])
    return [...names].filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length))
  }

  all(): RegisteredType[] {
    return [...this.#types.values()]
  }

  /** The package that would bring a type that is not installed, if we know one. */
  providerOf(kind: Kind, type: string): string | undefined {
    return knownProviders[`${kind} ${type}`]
  }
}
