import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleOptions } from './build.ts';
import { bundleInParts } from './parts.ts';

describe('a program in parts', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(import.meta.dirname, '../node_modules/.parts-test-'))));
  afterAll(() => rmSync(folder, { recursive: true }));

  const files = {
    'main.ts': `
import { Refusal } from './shared.ts';
console.log(process.env['OCM_VERSION'], import.meta.filename.endsWith('program'));
for (const what of ['range', 'refusal'] as const) {
  try {
    const { run } = await import('./lazy.ts');
    console.log(await run(what));
  } catch (error) {
    console.log(error instanceof Refusal, error.message, /lazy-/.test(error.stack));
  }
}
`,
    'lazy.ts': `
import { basename } from 'node:path';
import semver from 'semver';
import { Refusal } from './shared.ts';
console.log('lazy is read');
export const run = async (what: string) => {
  if (what === 'refusal') throw new Refusal(basename('/no/such'));
  const { default: path } = await import('node:path');
  return [path.sep, semver.satisfies('1.2.3', '^1.0.0')].join(' ');
};
`,
    'shared.ts': `
console.log('shared is read');
export class Refusal extends Error {}
`,
  };

  /** The program, from sources in a folder of that name. */
  const programIn = async (name: string) => {
    const sources = join(folder, name);
    mkdirSync(sources);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(sources, file), text);
    return bundleInParts(bundleOptions(join(sources, 'main.ts'), join(sources, 'program'), 'v9.8.7'));
  };

  test('each runs once, when it is asked for, and is the same for all that import it', async () => {
    const program = join(folder, 'program');
    const { text, metafile } = await programIn('a');
    writeFileSync(program, text);
    writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }');
    expect(execFileSync(process.execPath, [program], { encoding: 'utf8' }).split('\n')).toEqual([
      'shared is read',
      'v9.8.7 true',
      'lazy is read',
      '/ true',
      'true such true',
      '',
    ]);
    const inputs = Object.values(metafile.outputs).flatMap((output) => Object.keys(output.inputs));
    expect(inputs.filter((path) => path.includes('node_modules/semver/'))).not.toEqual([]);
  });

  test('the same sources make the same file, wherever it is written', async () => {
    const sources = join(folder, 'a', 'main.ts');
    const [one, other] = await Promise.all(
      ['x', 'y/z'].map((name) => bundleInParts(bundleOptions(sources, join(folder, name), 'v1'))),
    );
    expect(other?.text).toBe(one?.text);
  });

  test('a package is imported by way of a file of ours', async () => {
    const source = join(folder, 'direct.ts');
    writeFileSync(source, "const { satisfies } = await import('semver');\nconsole.log(satisfies);\n");
    const options = bundleOptions(source, join(folder, 'direct'), 'v1');
    await expect(bundleInParts(options)).rejects.toThrow(/node_modules\/semver\/.* is imported by/);
  });
});
