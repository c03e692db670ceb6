import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { imageRegistry, upstreamRegistry } from '../operators/api/image-registry.ts';
import { packageVersion } from '../scripts/repository.ts';
import { versionBundle } from './version-bundles.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'versions-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const overrides = (content: string): string => {
  const file = join(folder, `${Math.random()}.json`);
  writeFileSync(file, content);
  return file;
};

describe('versionBundle', () => {
  test.each([
    ['default', `v${packageVersion()}`, imageRegistry],
    ['0.1.0', 'v0.1.0', imageRegistry],
    ['latest', 'latest', imageRegistry],
    ['v1.2.0', 'v1.2.0', upstreamRegistry],
  ])('cli.md 3: %s installs %s of %s', (requested, ocm, registry) => {
    expect(versionBundle(requested, '')).toMatchObject({ ocm, registry });
  });

  test('cli.md 3: a file overrides one component', () => {
    const file = overrides('{"ocm":"v1.3.1","app_addon":"ignored"}');
    expect(versionBundle('v1.2.0', file)).toEqual({
      ocm: 'v1.3.1',
      policy_addon: 'v0.18.0',
      registry: upstreamRegistry,
    });
  });

  test.each(['v9.9.9', 'constructor', '__proto__'])('cli.md 4: %s is unknown', (requested) => {
    expect(() => versionBundle(requested, '')).toThrow(
      `couldn't find the requested version bundle: ${requested.replace(/^v/, '')}`,
    );
  });

  test('cli.md 5: an overrides file that is missing or no JSON object', () => {
    expect(() => versionBundle('default', join(folder, 'none'))).toThrow(
      'failed to read version bundle file: ',
    );
    expect(() => versionBundle('default', overrides('{'))).toThrow('failed to unmarshal version bundle: ');
    expect(() => versionBundle('default', overrides('[]'))).toThrow('must hold a JSON object');
    expect(() => versionBundle('default', overrides('{"ocm":1}'))).toThrow('ocm must be a string');
  });
});
