import type { Client } from '../client/client.ts';
import type { Connection } from '../client/connection.ts';
import type { Logger } from './logger.ts';
import type { Metrics } from './metrics.ts';
import type { Route } from './serving/routes.ts';

/** One flag, with pflag's meaning: `--name=value` or `--name value`, `_` counts as `-`, the last one wins. */
export type FlagSpec = {
  help: string;
  /** Other names of the same flag. */
  aliases?: string[];
  hidden?: boolean;
  deprecated?: string;
} & (
  | { type: 'string'; default?: string }
  | { type: 'bool'; default?: boolean }
  | { type: 'int'; default?: number }
  /** In milliseconds. */
  | { type: 'duration'; default?: number }
  /** A repeated flag: each value taken whole, or, of a list, also split at commas. */
  | { type: 'strings' | 'list'; default?: string[] }
  /** `k=v,k=v`. */
  | { type: 'map'; default?: Record<string, string> }
  /** The known gates with their defaults, which is why there is no other; an unknown gate is an error. */
  | { type: 'gates'; gates: Record<string, boolean>; default?: Record<string, never> }
);

type ValueOf<F extends FlagSpec> = F['type'] extends 'string'
  ? string
  : F['type'] extends 'bool'
    ? boolean
    : F['type'] extends 'int' | 'duration'
      ? number
      : F['type'] extends 'strings' | 'list'
        ? string[]
        : F['type'] extends 'map'
          ? Record<string, string>
          : F['type'] extends 'gates'
            ? Record<string, boolean>
            : never;

export type FlagSpecs = Record<string, FlagSpec>;
/** Parsed values by flag name (as written, with dashes). */
export type Flags<S extends FlagSpecs> = { [N in keyof S]: ValueOf<S[N]> };

/** A named check of `/healthz`; throws to say what is wrong. */
export interface HealthCheck {
  name: string;
  check(): void | Promise<void>;
}

/** What a running command gets from its process. */
export interface Process {
  log: Logger;
  metrics: Metrics;
  /** Aborts at SIGTERM or SIGINT, when leadership is lost, or when a watched file changes. */
  signal: AbortSignal;
  /** The namespace of the process: flag, service account, or the command's fallback. */
  namespace: string;
  /** The namespace of the mounted service account; undefined outside a Pod. */
  serviceAccountNamespace?: string;
  /** The client of `--kubeconfig` or of the Pod's service account. */
  client: Client;
  connection: Connection;
  addHealthCheck(check: HealthCheck): void;
  addReadyCheck(check: HealthCheck): void;
  /** Ends the process with this code once it has drained; the reason is logged. */
  exit(code: number, reason: string): void;
}

/** What a command gets whose port the process serves. */
export interface ServedProcess extends Process {
  /** Serves a path prefix beside health and metrics, on each replica. */
  addRoute(route: Route): void;
}

/** What a command gets that serves and connects by itself: its health checks are what it answers probes with. */
export interface PlainProcess extends Omit<Process, 'client' | 'connection'> {
  healthChecks: HealthCheck[];
  readyChecks: HealthCheck[];
}

/**
 * A long-running command: common flags (operator.md 1.2), configuration, logging, serving of health and metrics over
 * TLS, leader election and signals are the process's; `run` is the command's and returns when the signal aborts.
 */
export interface ControllerCommand<S extends FlagSpecs = FlagSpecs> {
  kind: 'controller';
  help: string;
  /** Component name: leader lease `<component>-lock`, client's user agent. */
  component: string;
  flags: S;
  /** Default true; `false` removes the leader-election flags. */
  leaderElection?: boolean;
  /** Whether `--tls-min-version` and `--tls-cipher-suites` shape the process's own port (not an operator's). */
  appliesTlsFlags?: boolean;
  /** Checked before anything starts; throws a UsageError. */
  validate?(flags: Flags<S>): void;
  /**
   * Runs on the leader only; has ten seconds to return after the signal aborts. When it rejects, or returns earlier, the
   * process exits with a failure.
   */
  run(process: Process, flags: Flags<S>): Promise<void>;
  /** Runs on every replica from the start, before leadership (health checks and routes, for example). */
  prepare?(process: ServedProcess, flags: Flags<S>): Promise<void> | void;
}

/** A command that handles everything itself, such as an admission server. */
export interface PlainCommand<S extends FlagSpecs = FlagSpecs> {
  kind: 'plain';
  help: string;
  flags: S;
  validate?(flags: Flags<S>): void;
  run(process: PlainProcess, flags: Flags<S>): Promise<void>;
}

/** A wrong flag or argument: printed to stderr, exit 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Gives a literal its precise type, so that `run` sees each flag's type. */
export const controllerCommand = <const S extends FlagSpecs>(
  command: Omit<ControllerCommand<S>, 'kind'>,
): ControllerCommand => ({ ...command, kind: 'controller' }) as unknown as ControllerCommand;
export const plainCommand = <const S extends FlagSpecs>(
  command: Omit<PlainCommand<S>, 'kind'>,
): PlainCommand => ({ ...command, kind: 'plain' }) as unknown as PlainCommand;

export interface Program {
  name: string;
  help: string;
  version: string;
  commands: Record<string, ControllerCommand | PlainCommand>;
}
