import { createHash } from 'node:crypto';
import { type FSWatcher, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Logger } from './logger.ts';

export interface WatchFilesOptions {
  log: Logger;
  signal: AbortSignal;
  /** Called after each change of content, with the path; a vanished file is a change when it stays away for a second. */
  onChange: (path: string) => void;
  /** Milliseconds between looks, which find what file system events miss. Default 10 000. */
  pollMs?: number;
  /** Watch a file that cannot be read at first too; otherwise that is logged and the file left out (operator.md 1.2). */
  missing?: 'watch' | 'skip';
}

/** Several events belong to one change; a look this many milliseconds after the first sees them all. */
const settleMs = 100;
const absentMs = 1000;

/**
 * Tells of changes to files until the signal aborts. Folders are watched rather than files, since Kubernetes exchanges the
 * content of a volume by swapping its `..data` link, and polling finds changes on file systems without events.
 */
export const watchFiles = (paths: readonly string[], options: WatchFilesOptions): void => {
  const { log, signal, onChange, pollMs = 10_000, missing = 'skip' } = options;
  const known = new Map<string, string | undefined>();
  for (const path of new Set(paths)) {
    const content = fingerprint(path);
    if (content === undefined && missing === 'skip') {
      log.warn('a file to watch cannot be read and is not watched', { path });
      continue;
    }
    known.set(path, content);
  }
  if (known.size === 0 || signal.aborted) return;

  const absent = new Set<string>();
  let timer: NodeJS.Timeout;
  let lookAt = Infinity;
  const lookIn = (ms: number) => {
    const at = performance.now() + ms;
    if (at >= lookAt) return;
    lookAt = at;
    clearTimeout(timer);
    timer = setTimeout(look, ms).unref();
  };
  const look = () => {
    lookAt = Infinity;
    let next = pollMs;
    for (const [path, before] of known) {
      if (signal.aborted) return;
      const content = fingerprint(path);
      if (content === before) {
        absent.delete(path);
      } else if (content === undefined && !absent.has(path)) {
        absent.add(path);
        next = Math.min(next, absentMs);
      } else {
        absent.delete(path);
        known.set(path, content);
        onChange(path);
      }
    }
    if (!signal.aborted) lookIn(next);
  };

  const watchers = [...new Set([...known.keys()].map(dirname))].map((folder) =>
    watchFolder(folder, () => lookIn(settleMs), log),
  );
  lookIn(pollMs);
  signal.addEventListener(
    'abort',
    () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher?.close();
    },
    { once: true },
  );
};

const watchFolder = (folder: string, onEvent: () => void, log: Logger): FSWatcher | undefined => {
  const giveUp = (error: unknown) =>
    log.debug(2, 'no file system events; changes are found by looking', { folder, error });
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', giveUp);
    return watcher;
  } catch (error) {
    giveUp(error);
    return undefined;
  }
};

/** Undefined when the file cannot be read. The content itself, which may be a key, is not kept. */
const fingerprint = (path: string): string | undefined => {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('base64');
  } catch {
    return undefined;
  }
};
