import { describe, expect, test } from '@jest/globals';
import { authorizationOf } from '../airgap/registry.ts';
import { placeOf } from '../airgap/push-images.ts';
import { checkedPlatforms, checkedVersion } from '../release.ts';
import { notesOf } from './notes.ts';
import { lockedPackages } from './packages.ts';
import { provenanceOf } from './provenance.ts';
import { checkedTargets, targetOfMachine } from './single-file.ts';
import { debianComponent, imageComponent, npmComponent, sbomOf } from './sbom.ts';

describe('the version of a release', () => {
  const bundles = ['v1.2.0', 'v1.2.3'];

  test.each(['1.2.3', 'v1.2.3'])('packaging.md 20.5: %s', (asked) => {
    expect(checkedVersion(asked, '1.2.3', bundles)).toBe('1.2.3');
  });

  test.each([
    [undefined, '1.2.3', /name the version/],
    ['', '1.2.3', /name the version/],
    ['1.2.4', '1.2.3', /the sources are of version 1.2.3, not 1.2.4/],
    ['1.2.4', '1.2.4', /bundles\/v1.2.4 is missing/],
  ])('packaging.md 20.5: %s of %s is refused', (asked, present, message) => {
    expect(() => checkedVersion(asked, present, bundles)).toThrow(message);
  });
});

describe('packaging.md 90: the platforms of a release', () => {
  test.each([
    [undefined, ['amd64']],
    ['', ['amd64']],
    ['amd64', ['amd64']],
    ['arm64,amd64', ['amd64', 'arm64']],
  ])('%s', (asked, platforms) => {
    expect(checkedPlatforms(asked, 'amd64')).toEqual(platforms);
  });

  test.each([
    ['arm64', /amd64, the machine's own, must be among them/],
    ['amd64,s390x', /"s390x" is none of amd64, arm64/],
    ['amd64,', /"" is none of/],
  ])('%s is refused', (asked, message) => {
    expect(() => checkedPlatforms(asked, 'amd64')).toThrow(message);
  });
});

describe('what clusteradm is made for in a single file', () => {
  test.each([
    [undefined, [targetOfMachine]],
    ['', []],
    ['windows_amd64,linux_arm64', ['linux_arm64', 'windows_amd64']],
  ])('%j', (asked, names) => {
    expect(checkedTargets(asked)).toEqual(names);
  });

  test.each(['darwin_arm64', 'linux_amd64,', 'linux/amd64'])('%s is refused', (asked) => {
    expect(() => checkedTargets(asked)).toThrow('is none of linux_amd64, linux_arm64, windows_amd64');
  });
});

test('notes are the section of the version, and there must be one', () => {
  const changelog = '# Changelog\n\n## 1.2.3 (unreleased)\n\n- new\n\n## 1.2.0\n\n- old\n\n## 1.1.0\n';
  expect(notesOf(changelog, '1.2.3')).toBe('- new\n');
  expect(notesOf(changelog, '1.2.0')).toBe('- old\n');
  expect(() => notesOf(changelog, '1.1.0')).toThrow('says nothing of 1.1.0');
  expect(() => notesOf(changelog, '1.2')).toThrow('says nothing of 1.2');
});

describe('what an image is made of', () => {
  test('a package of npm is named as scanners know it, with the digest that the lock file pins', () => {
    const found = { name: '@a/b', version: '1.0.0', license: 'MIT', integrity: 'sha512-AAEC' };
    expect(npmComponent(found)).toEqual({
      type: 'library',
      'bom-ref': 'pkg:npm/%40a/b@1.0.0',
      name: '@a/b',
      version: '1.0.0',
      purl: 'pkg:npm/%40a/b@1.0.0',
      hashes: [{ alg: 'SHA-512', content: '000102' }],
      licenses: [{ expression: 'MIT' }],
    });
  });

  test('a package of Debian keeps the signs of its version', () => {
    const libc = { name: 'libc6', version: '2.36-9+deb12u1', architecture: 'amd64' };
    expect(debianComponent(libc).purl).toBe('pkg:deb/debian/libc6@2.36-9%2Bdeb12u1?arch=amd64');
  });

  test('the same parts make the same document, in whatever order they are found', () => {
    const image = imageComponent('r.example/a/work', 'v1', `sha256:${'0'.repeat(64)}`);
    const parts = ['b', 'a'].map((name) => npmComponent({ name, version: '1.0.0' }));
    const document = sbomOf(image, parts);
    expect(sbomOf(image, parts.toReversed())).toEqual(document);
    expect(document.serialNumber).toMatch(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(sbomOf(image, parts.slice(1)).serialNumber).not.toBe(document.serialNumber);
  });

  test('what is installed is what the lock file says', () => {
    expect(lockedPackages(['node_modules/semver'])).toEqual([
      expect.objectContaining({ name: 'semver', integrity: expect.stringMatching(/^sha512-/) }),
    ]);
  });
});

test('provenance names neither time nor machine', () => {
  const build = { subject: [], parameters: { version: 'v1' }, isChanged: false, materials: [] };
  expect(JSON.stringify(provenanceOf(build))).not.toMatch(/invocationId|startedOn|finishedOn|hostname/);
});

describe('where an image is pushed', () => {
  test.each([
    ['mirror:5000/ocm', { host: 'mirror:5000', repository: 'ocm/work', tag: 'v1' }],
    ['mirror:5000/a/b/', { host: 'mirror:5000', repository: 'a/b/work', tag: 'v1' }],
    ['mirror', { host: 'mirror', repository: 'work', tag: 'v1' }],
  ])('to %s', (registry, expected) => {
    expect(placeOf('ghcr.example/ours/work:v1', registry)).toEqual(expected);
  });

  test.each([
    ['work:v1', ''],
    ['ghcr.example/ours/work', 'mirror'],
    ['', 'mirror'],
  ])('%s cannot be pushed to %s', (reference, registry) => {
    expect(() => placeOf(reference, registry)).toThrow('cannot be pushed');
  });

  test('with the credentials of docker login', () => {
    const config = JSON.stringify({
      auths: { 'a:5000': { auth: 'dTpw' }, 'https://b': { auth: 'eDp5' }, c: {} },
    });
    expect(authorizationOf(config, 'a:5000')).toBe('Basic dTpw');
    expect(authorizationOf(config, 'b')).toBe('Basic eDp5');
    expect(authorizationOf(config, 'c')).toBeUndefined();
    expect(authorizationOf('{}', 'a:5000')).toBeUndefined();
  });
});
