import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { embeddedBundle } from '../operators/registration-operator/bundle/embedded.ts';
import { loadBundle } from '../operators/registration-operator/bundle/index.ts';
import { bundleOptions, embeddedBundles } from './build.ts';

describe('bundleOptions', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '../node_modules/.build-test-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Bundles and runs an entry, and returns what it prints. */
  const printed = async (entry: string): Promise<string> => {
    const [source, bundle] = [join(folder, 'main.ts'), join(folder, 'program.cjs')];
    writeFileSync(source, entry);
    await build(bundleOptions(source, bundle, 'v9.8.7'));
    return execFileSync(process.execPath, [bundle], { encoding: 'utf8' });
  };

  test('an entry may await, knows its version and where it is', async () => {
    const entry = `
import {
  basename,
} from 'node:path';
import { readFile } from 'node:fs/promises';

const text: string = await readFile(import.meta.filename, 'utf8');
console.log(process.env['OCM_VERSION'], basename(import.meta.filename), text.length > 0);
`;
    expect(await printed(entry)).toBe('v9.8.7 program.cjs true\n');
  });

  test('winston writes without what is left out of it', async () => {
    const entry = `
import winston from 'winston';
const log = winston.createLogger({ transports: [new winston.transports.Stream({ stream: process.stdout })] });
log.info('hello');
`;
    expect(await printed(entry)).toMatch(/^\{"level":"info","message":"hello"\}\r?\n$/);
  });
});

test('a program carries every file that installs the operators', () => {
  process.env.OCM_EMBEDDED_BUNDLE = embeddedBundles();
  try {
    const sets = ['install/cluster-manager', 'install/klusterlet'] as const;
    const bundle = loadBundle(embeddedBundle()!, { sets });
    expect(Object.keys(bundle.sets).toSorted()).toEqual([...sets]);
  } finally {
    delete process.env.OCM_EMBEDDED_BUNDLE;
  }
});
