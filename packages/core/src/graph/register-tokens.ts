import {
  Authenticators,
  Batches,
  Clock,
  Conditions,
  Expressions,
  Patterns,
  RunMode,
  Status,
  Stopping,
  Terminal,
  type Token,
} from '@weir/sdk'
import type { DependencyContainer } from 'tsyringe'
import { BatchPool } from '../batch/batch-pool.ts'
import { AuthenticatorDirectory } from './authenticator-directory.ts'
import { services } from './services.ts'

/** Registers what every component can ask for. What is a component's own, its factory gives it. */
export function registerTokens(container: DependencyContainer): void {
  const from = <Service>(token: Token<Service>, service: (container: DependencyContainer) => Service) =>
    container.register(token.name, { useFactory: service })
  from(Clock, (of) => of.resolve<Clock>(services.clock))
  from(RunMode, (of) => of.resolve<RunMode>(services.runMode))
  from(Terminal, (of) => of.resolve<Terminal>(services.terminal))
  from(Stopping, (of) => of.resolve<AbortController>(services.abort).signal)
  from(Conditions, (of) => of.resolve<Conditions>(services.conditions))
  from(Expressions, (of) => of.resolve<Expressions>(services.expressions))
  from(Patterns, (of) => of.resolve<Patterns>(services.patterns))
  from(Batches, (of) => of.resolve(BatchPool))
  from(Authenticators, (of) => of.resolve(AuthenticatorDirectory))
  from(Status, (of) => of.resolve<Status>(services.status))
}
