import type { Logger } from './logger.ts';

/** Milliseconds that a command gets to return once the process ends. */
const drainMs = 10_000;

/** How a process ends: the first reason decides the exit code, failures after it can only make it worse. */
export class Lifetime {
  private readonly stopping = new AbortController();
  private readonly log: Logger;
  private code = 0;

  constructor(log: Logger) {
    this.log = log;
  }

  /** Aborts when the process is to end. */
  get signal(): AbortSignal {
    return this.stopping.signal;
  }

  get exitCode(): number {
    return this.code;
  }

  /** Begins the end; what runs gets {@link drainMs} to return. */
  end(code: number, reason: string, error?: unknown): void {
    if (this.code === 0) this.code = code;
    const fields = { exitCode: code, ...(error === undefined ? {} : { error }) };
    if (code === 0) this.log.info(`stopping: ${reason}`, fields);
    else this.log.error(`stopping: ${reason}`, fields);
    this.stopping.abort();
  }

  /** Ends at SIGTERM and SIGINT; a second signal, or the end of the drain period with work still under way, exits at once with 1. */
  endOnSignals(exitNow: (code: number) => void): () => void {
    const onSignal = (signal: NodeJS.Signals) => {
      if (this.signal.aborted) return exitNow(1);
      this.end(0, signal);
    };
    process.on('SIGTERM', onSignal);
    process.on('SIGINT', onSignal);
    return () => {
      process.off('SIGTERM', onSignal);
      process.off('SIGINT', onSignal);
    };
  }

  /** Settles as the work does, or rejects when the work is still under way {@link drainMs} after the end began. */
  async drained(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const start = () => {
        // A little more than controllers get, so that the one that hangs is named first.
        timer = setTimeout(
          () => reject(new Error(`work is still under way after ${drainMs / 1000} s`)),
          drainMs + 250,
        );
      };
      if (this.signal.aborted) start();
      else this.signal.addEventListener('abort', start, { once: true });
    });
    try {
      await Promise.race([work, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
