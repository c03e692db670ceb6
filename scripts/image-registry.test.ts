import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { projectRegistry, upstreamRegistry } from '../operators/api/image-registry.ts';

const root = join(import.meta.dirname, '..');

/** The files of the repository that hold a text, tests aside. */
const filesWith = (text: string): string[] =>
  execFileSync(
    'git',
    ['grep', '--fixed-strings', '--files-with-matches', text, '--', ':!*.test.ts', ':!test/'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
    .trim()
    .split('\n');

test('the registry of images is named in one place, and in what is generated from it', () => {
  const generated = /^(?:bundles\/|charts\/[^/]+\/values\.yaml$|config\/|olm\/)/;
  const documents = /\.md$/;
  expect(filesWith(projectRegistry).filter((file) => !generated.test(file) && !documents.test(file))).toEqual(
    ['operators/api/image-registry.ts'],
  );
});

test("nothing is installed from upstream's registry unless the user names it: it has other programs", () => {
  // Fields' defaults are those of the API; bundles that are released stay as they are.
  const kept =
    /^(?:crds\/|bundles\/[^/]+\/crds\/|bundles\/v0\.[12]\.0\/|charts\/[^/]+\/crds\/|operators\/api\/)/;
  const crdOfPackage = /^(?:olm|config)\/.*\/operator\.open-cluster-management\.io_.*\.yaml$/;
  const documents = /\.md$/;
  expect(
    filesWith(upstreamRegistry).filter(
      (file) => !kept.test(file) && !crdOfPackage.test(file) && !documents.test(file),
    ),
  ).toEqual([]);
});
