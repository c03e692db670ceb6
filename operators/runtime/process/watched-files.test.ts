import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from './logger.ts';
import { type WatchFilesOptions, watchFiles } from './watched-files.ts';

describe('watchFiles', () => {
  let folder: string;
  let stop: AbortController;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'files-'));
    stop = new AbortController();
  });
  afterEach(() => {
    stop.abort();
    rmSync(folder, { recursive: true });
  });

  /** Collects changes; `next` resolves to the path of the next one. */
  const watching = (paths: string[], options: Partial<WatchFilesOptions> = {}) => {
    const warnings: string[] = [];
    const changes: string[] = [];
    let notify = (_path: string) => {};
    const log: Logger = {
      info() {},
      warn: (message) => void warnings.push(message),
      error() {},
      debug() {},
      with: () => log,
    };
    const onChange = (path: string) => {
      changes.push(path);
      notify(path);
    };
    watchFiles(paths, { log, signal: stop.signal, onChange, ...options });
    return { warnings, changes, next: () => new Promise<string>((resolve) => (notify = resolve)) };
  };

  test('a rewritten file is a change, the same content again is not', async () => {
    const [file, other] = [join(folder, 'a'), join(folder, 'b')];
    writeFileSync(file, '1');
    writeFileSync(other, '1');
    const { next, changes } = watching([file, other]);
    writeFileSync(other, '1');
    const change = next();
    writeFileSync(file, '2');
    expect(await change).toBe(file);
    expect(changes).toEqual([file]);
  });

  test('a volume whose ..data link is swapped, as Kubernetes does it', async () => {
    const version = (name: string, content: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'kubeconfig'), content);
      symlinkSync(name, join(folder, '..data_tmp'));
      renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    };
    version('..1', 'old');
    symlinkSync(join('..data', 'kubeconfig'), join(folder, 'kubeconfig'));
    const { next } = watching([join(folder, 'kubeconfig')]);
    const change = next();
    version('..2', 'new');
    expect(await change).toBe(join(folder, 'kubeconfig'));
  });

  test('without file system events, looking finds the change', async () => {
    // The link's folder has no events when what it points at changes in another folder.
    const elsewhere = mkdtempSync(join(tmpdir(), 'files-'));
    writeFileSync(join(elsewhere, 'a'), '1');
    symlinkSync(join(elsewhere, 'a'), join(folder, 'a'));
    const { next } = watching([join(folder, 'a')], { pollMs: 50 });
    const change = next();
    writeFileSync(join(elsewhere, 'a'), '2');
    expect(await change).toBe(join(folder, 'a'));
    rmSync(elsewhere, { recursive: true });
  });

  test('operator.md 1.2: a file that cannot be read at the start is logged and left out', () => {
    const { warnings, changes } = watching([join(folder, 'missing')]);
    expect(warnings).toEqual(['a file to watch cannot be read and is not watched']);
    expect(changes).toEqual([]);
  });

  test('a file that comes later is a change where that is asked for', async () => {
    const file = join(folder, 'late');
    const { next } = watching([file], { missing: 'watch' });
    const change = next();
    writeFileSync(file, '1');
    expect(await change).toBe(file);
  });

  test('a file that goes away is a change when it stays away', async () => {
    const file = join(folder, 'a');
    writeFileSync(file, '1');
    const { next } = watching([file]);
    const change = next();
    rmSync(file);
    expect(await change).toBe(file);
  });
});
