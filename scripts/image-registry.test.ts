import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRegistry, upstreamRegistry } from '../operators/api/image-registry.ts';

const root = join(import.meta.dirname, '..');

/** The lines of the repository that hold a text, with their files; tests and documents aside. */
const linesWith = (text: string): { file: string; line: string }[] =>
  execFileSync(
    'git',
    ['grep', '--fixed-strings', '-I', text, '--', ':!*.test.ts', ':!test/', ':!*.md', ':!docs/'],
    { cwd: root, encoding: 'utf8' },
  )
    .trim()
    .split('\n')
    .map((found) => ({
      file: found.slice(0, found.indexOf(':')),
      line: found.slice(found.indexOf(':') + 1),
    }));

const filesOf = (found: readonly { file: string }[]): string[] => [...new Set(found.map(({ file }) => file))];

test('the registry of images is named in one place, and in what is generated from it', () => {
  const generated = /^(?:bundles|deploy|olm)\/|^charts\/[^/]+\/values\.yaml$/;
  expect(filesOf(linesWith(projectRegistry)).filter((file) => !generated.test(file))).toEqual([
    'operators/api/image-registry.ts',
  ]);
});

test("nothing is installed from upstream's registry unless the user names it: it has other programs", () => {
  const isDefaultOfTheApi = /^\s*default: /;
  const others = linesWith(upstreamRegistry).filter(({ line }) => !isDefaultOfTheApi.test(line));
  // Bundles that came out stay as they are, and nobody reads in them where images are.
  const kept = /^(?:bundles\/v0\.[12]\.0\/bundle\.yaml|operators\/api\/.*)$/;
  expect(filesOf(others).filter((file) => !kept.test(file))).toEqual([]);
});
