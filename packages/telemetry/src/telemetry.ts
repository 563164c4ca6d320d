import { type Attributes, metrics, type Meter as OtelMeter } from '@opentelemetry/api'
import type { Counter, Gauge, Histogram, Meter, MetricOptions } from '@weir/sdk'

/** One instrument's value for one component, as `weir top` and the run summary read it. */
export interface Reading {
  readonly name: string
  readonly component: string
  readonly attributes: Attributes
  value: number
}

/**
 * The process's metrics: each goes to OpenTelemetry's API, where whatever SDK the user has registered collects it, and
 * into a table that the process itself can read.
 */
export class Telemetry {
  readonly #readings = new Map<string, Reading>()

  /** Everything measured so far. */
  readings(): Reading[] {
    return [...this.#readings.values()]
  }

  /** Sum of a metric over all components, or of one. */
  total(name: string, component?: string): number {
    let sum = 0
    for (const reading of this.#readings.values()) {
      if (reading.name === name && (component === undefined || reading.component === component)) sum += reading.value
    }
    return sum
  }

  /** The meter of one component; `kind` names the attribute that carries its id, as the Collector's metrics do. */
  meter(kind: string, component: string): Meter {
    return new ComponentMeter(kind, component, (name, attributes) => this.#reading(name, component, attributes))
  }

  #reading(name: string, component: string, attributes: Attributes): Reading {
    const key = `${name} ${component} ${JSON.stringify(attributes)}`
    let reading = this.#readings.get(key)
    if (reading === undefined) {
      reading = { name, component, attributes, value: 0 }
      this.#readings.set(key, reading)
    }
    return reading
  }
}

/** Where the values of one instrument go under one set of attributes. */
interface Cell {
  readonly reading: Reading
  readonly attributes: Attributes
}

class ComponentMeter implements Meter {
  readonly #identity: Attributes
  readonly #reading: (name: string, attributes: Attributes) => Reading

  constructor(kind: string, component: string, reading: (name: string, attributes: Attributes) => Reading) {
    this.#identity = Object.freeze({ [kind]: component })
    this.#reading = reading
  }

  counter(name: string, options: MetricOptions): Counter {
    const instrument = collected((meter) => meter.createCounter(name, options))
    const cellOf = this.#cells(name)
    return {
      add: (value, attributes) => {
        const cell = cellOf(attributes)
        cell.reading.value += value
        instrument().add(value, cell.attributes)
      },
    }
  }

  gauge(name: string, options: MetricOptions): Gauge {
    const instrument = collected((meter) => meter.createGauge(name, options))
    const cellOf = this.#cells(name)
    return {
      record: (value, attributes) => {
        const cell = cellOf(attributes)
        cell.reading.value = value
        instrument().record(value, cell.attributes)
      },
    }
  }

  histogram(name: string, options: MetricOptions): Histogram {
    const instrument = collected((meter) => meter.createHistogram(name, options))
    const cellOf = this.#cells(name)
    return {
      record: (value, attributes) => {
        const cell = cellOf(attributes)
        cell.reading.value += value
        instrument().record(value, cell.attributes)
      },
    }
  }

  /** Most values come without attributes, several for each batch: where they go is looked up once. */
  #cells(name: string): (attributes: Attributes | undefined) => Cell {
    let plain: Cell | undefined
    return (attributes) => {
      if (attributes !== undefined)
        return { reading: this.#reading(name, attributes), attributes: { ...this.#identity, ...attributes } }
      plain ??= { reading: this.#reading(name, {}), attributes: this.#identity }
      return plain
    }
  }
}

/** An instrument of whoever collects the metrics at the moment, which may have begun, or ended, after it was made. */
function collected<Instrument>(make: (meter: OtelMeter) => Instrument): () => Instrument {
  let provider = metrics.getMeterProvider()
  let instrument = make(metrics.getMeter('weir'))
  return () => {
    const current = metrics.getMeterProvider()
    if (current !== provider) {
      provider = current
      instrument = make(metrics.getMeter('weir'))
    }
    return instrument
  }
}
