import winston from 'winston';

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

export interface LoggerOptions {
  /** klog's `-v`. Default 0. */
  v?: number;
  /** Where lines go. Default: standard error. */
  stream?: NodeJS.WritableStream;
  /** Fields of each line. */
  fields?: LogFields;
}

/** The logger of a process, which can be changed and ended. */
export interface ProcessLogger extends Logger {
  /** Resolves when every line has been handed to the stream; nothing may be logged afterwards. */
  end(): Promise<void>;
}

/** `-v` from which on every error is written with its stack; those of a wrong program always are. */
const stackLevel = 4;

/**
 * A log of JSON lines: `timestamp`, `level`, `message`, then the fields; winston formats and writes them. What `-v`
 * leaves out costs one comparison: winston itself would take microseconds for a line that it then drops.
 */
export const createLogger = ({
  v = 0,
  stream = process.stderr,
  fields = {},
}: LoggerOptions = {}): ProcessLogger => {
  const lines = winston.createLogger({
    level: 'debug',
    format: jsonLine(v >= stackLevel)(),
    transports: [new winston.transports.Stream({ stream, eol: '\n' })],
  });
  const write = (level: string, message: string, fields: LogFields) =>
    void lines.log({ level, message, fields });

  const loggerWith = (own: LogFields): Logger => ({
    info: (message, more) => write('info', message, { ...own, ...more }),
    warn: (message, more) => write('warn', message, { ...own, ...more }),
    error: (message, more) => write('error', message, { ...own, ...more }),
    debug: (level, message, more) => {
      if (level <= v) write('debug', message, { v: level, ...own, ...more });
    },
    with: (more) => loggerWith({ ...own, ...more }),
  });

  return {
    ...loggerWith(fields),
    end: () =>
      new Promise((resolve) => {
        lines.once('finish', resolve);
        lines.end();
      }),
  };
};

const messageSymbol = Symbol.for('message');

const jsonLine = (stacks: boolean) =>
  winston.format((info) => {
    const { level, message, fields } = info as unknown as {
      level: string;
      message: string;
      fields: LogFields;
    };
    const line: LogFields = { timestamp: new Date().toISOString(), level, message };
    for (const [name, value] of Object.entries(fields)) {
      if (value !== undefined) line[name in line ? `${name}_` : name] = plain(value, stacks);
    }
    info[messageSymbol] = stringify(line);
    return info;
  });

/** What of a value belongs into a log: of an error its message, code and cause, not whatever hangs on it. */
const plain = (value: unknown, stacks: boolean): unknown => {
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Error)) return value;
  const { code, reason } = value as { code?: unknown; reason?: unknown };
  return {
    name: value.name,
    message: value.message,
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(typeof reason === 'string' && reason ? { reason } : {}),
    ...(value.cause === undefined ? {} : { cause: plain(value.cause, stacks) }),
    ...(value instanceof AggregateError ? { errors: value.errors.map((each) => plain(each, stacks)) } : {}),
    ...(stacks || isProgramError(value) ? { stack: value.stack } : {}),
  };
};

const isProgramError = (error: Error): boolean =>
  error instanceof TypeError ||
  error instanceof RangeError ||
  error instanceof ReferenceError ||
  error instanceof SyntaxError;

/** A line is written even when a field cannot be: a cycle, a getter that throws. */
const stringify = (line: LogFields): string => {
  try {
    return JSON.stringify(line);
  } catch (error) {
    const { timestamp, level, message } = line;
    return JSON.stringify({ timestamp, level, message, unwritable: String(error) });
  }
};
