export type LogFields = Record<string, unknown>;

/** Structured log. Values must hold no secret. `debug(level)` follows klog's `-v`: written when level ≤ v. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields & { error?: unknown }): void;
  debug(level: number, message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each line. */
  with(fields: LogFields): Logger;
}
