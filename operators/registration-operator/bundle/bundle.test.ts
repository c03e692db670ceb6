import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type Bundle,
  BundleError,
  checksumOf,
  loadBundle,
  loadBundles,
  type RenderInput,
  render,
  type SelectOptions,
  selectVersion,
} from './index.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'bundle-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const manifest = `apiVersion: v1
kind: ConfigMap
metadata:
  name: \${name}-config
  labels:
    app: x
    <<: \${labels}
data:
  replicas: \${replicas}
  optional: \${optional}
  list:
    - first
    - \${flags}
    - --optional=\${optional}
    - --name=\${name}
`;
const stages = `modes: [Default, Hosted]
features: [A, B]
parameters: { name: string, labels: map, replicas: integer, optional: string?, flags: list }
stages:
  - name: one
    manifests:
      - { file: one.yaml, target: hub }
  - name: two
    manifests:
      - { file: two.yaml, target: management, component: work, when: { features: [A] } }
overlays:
  - { file: hosted.yaml, patches: [one.yaml], when: { modes: [Hosted] } }
`;
const files = {
  'stages.yaml': stages,
  'one.yaml': manifest,
  'two.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: two }\n',
  'hosted.yaml':
    '- { op: add, path: /data/hosted, value: "${name}" }\n- { op: remove, path: /data/optional }\n',
};

/** Writes a bundle with right checksums; `edit` changes a file after they were taken. */
const bundle = (
  version: string,
  changes: Record<string, string> = {},
  {
    edit = {},
    head = '',
    images = [],
  }: { edit?: Record<string, string>; head?: string; images?: string[] } = {},
): string => {
  const folder = join(root, `v${version}`);
  const all: Record<string, string> = { ...files, ...changes };
  const put = (name: string, text: string) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  for (const [name, text] of Object.entries(all)) put(name, text);
  const checksums = Object.keys(all).map(
    (name) => `  ${name}: ${checksumOf(readFileSync(join(folder, name)))}`,
  );
  put(
    'bundle.yaml',
    `version: ${version}
kubernetes: '>=1.25.0'
images: { ${['registration', 'work', ...images].map((name) => `${name}: example.com/${name}`).join(', ')} }
sets: { clustermanager: stages.yaml }
${head}
checksums:
${checksums.join('\n')}
`,
  );
  for (const [name, text] of Object.entries(edit)) put(name, text);
  return folder;
};

const input: RenderInput = {
  mode: 'Default',
  features: [],
  parameters: { name: 'cm', labels: { team: 'a', app: 'y' }, replicas: 3, flags: ['--a', '--b'] },
};

describe('rendering', () => {
  test('placeholders take values with their types, lists item by item, maps merged; null leaves out', () => {
    const [one, two] = render(loadBundle(bundle('1.0.0')), 'clustermanager', input);
    expect(one?.objects[0]).toEqual({
      target: 'hub',
      component: undefined,
      file: 'one.yaml',
      object: {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'cm-config', labels: { app: 'x', team: 'a' } },
        data: { replicas: 3, list: ['first', '--a', '--b', '--name=cm'] },
      },
    });
    expect(two?.objects).toEqual([]);
  });

  test('overlays and features', () => {
    const parameters = { ...input.parameters, optional: 'o' };
    const stagesOf = render(loadBundle(bundle('1.0.0')), 'clustermanager', {
      mode: 'Hosted',
      features: ['A'],
      parameters,
    });
    expect(stagesOf[0]?.objects[0]?.object.data).toEqual({
      replicas: 3,
      hosted: 'cm',
      list: ['first', '--a', '--b', '--optional=o', '--name=cm'],
    });
    expect(stagesOf[1]?.objects[0]?.object.kind).toBe('Secret');
  });

  test.each([
    [
      'a missing parameter',
      { parameters: { ...input.parameters, name: undefined } },
      /parameter name is missing/,
    ],
    ['another type', { parameters: { ...input.parameters, replicas: '3' } }, /must be of type integer/],
    ['an unknown mode', { mode: 'Other' }, /mode Other is unknown/],
  ])('%s is an error before anything is rendered', (_, change, message) => {
    expect(() => render(loadBundle(bundle('1.0.0')), 'clustermanager', { ...input, ...change })).toThrow(
      message,
    );
  });
});

describe('a broken bundle fails at load, with file and remedy', () => {
  test.each<[string, Record<string, string>, { edit?: Record<string, string>; head?: string }, RegExp]>([
    [
      'checksum',
      {},
      { edit: { 'one.yaml': `${manifest}\n` } },
      /one\.yaml: its checksum is not that of bundle\.yaml/,
    ],
    [
      'no checksum',
      {},
      { edit: { 'stages.yaml': stages.replace('one.yaml', 'x.yaml'), 'x.yaml': '' } },
      /checksum/,
    ],
    ['no YAML', { 'one.yaml': 'a: [' }, {}, /one\.yaml: it is no YAML/],
    ['no object', { 'two.yaml': 'a: 1' }, {}, /two\.yaml: a document is no Kubernetes object/],
    [
      'undeclared parameter',
      { 'two.yaml': files['two.yaml'].replace('two', '"${nobody}"') },
      {},
      /\$\{nobody\}.*not declared/,
    ],
    [
      'a list inside a scalar',
      { 'two.yaml': files['two.yaml'].replace('two', '"x-${flags}"') },
      {},
      /is a list/,
    ],
    ['a merge of no map', { 'one.yaml': manifest.replace('<<: ${labels}', '<<: ${flags}') }, {}, /is no map/],
    [
      'unknown when term',
      { 'stages.yaml': stages.replace('features: [A] }', 'sometimes: [A] }') },
      {},
      /unknown `when` term sometimes/,
    ],
    [
      'undeclared feature',
      { 'stages.yaml': stages.replace('features: [A] }', 'features: [C] }') },
      {},
      /names C/,
    ],
    ['unknown field', { 'stages.yaml': `${stages}more: 1\n` }, {}, /field more is unknown/],
    ['unknown target', { 'stages.yaml': stages.replace('target: hub', 'target: moon') }, {}, /field stages/],
    [
      'outside',
      { 'stages.yaml': stages.replace('one.yaml, target', '../../etc/passwd, target') },
      {},
      /lies outside the bundle/,
    ],
    [
      'missing file',
      { 'stages.yaml': stages.replace('one.yaml, target', 'none.yaml, target') },
      {},
      /the file is missing/,
    ],
    [
      'patch that does not fit',
      { 'hosted.yaml': '- { op: remove, path: /data/nothing }' },
      {},
      /the patch does not fit/,
    ],
    [
      'patch of a prototype',
      { 'hosted.yaml': '- { op: add, path: /__proto__/x, value: 1 }' },
      {},
      /is not allowed/,
    ],
    ['unknown operation', { 'hosted.yaml': '- { op: eval, path: /x }' }, {}, /unknown operation/],
    [
      'overlay of nothing',
      { 'stages.yaml': stages.replace('patches: [one.yaml]', 'patches: [no.yaml]') },
      {},
      /in which nothing fits/,
    ],
    ['bad range', {}, { head: "upgradesFrom: 'one'" }, /upgradesFrom one is no semver range/],
  ])('%s', (_, changes, more, message) => {
    const folder = bundle('1.0.0', changes, more);
    expect(() => loadBundle(folder)).toThrow(message);
    expect(() => loadBundle(folder)).toThrow(BundleError);
  });

  test('a link that leads out of the bundle', () => {
    const folder = bundle('1.0.0');
    rmSync(join(folder, 'two.yaml'));
    symlinkSync('/etc/hostname', join(folder, 'two.yaml'));
    expect(() => loadBundle(folder)).toThrow(/leads out of the bundle/);
  });

  test('a parameter that the operator does not know', () => {
    const folder = bundle('1.0.0');
    expect(() => loadBundle(folder, { supplies: { clustermanager: ['name'] } })).toThrow(/does not know/);
  });

  test('no bundle at all, and one in the wrong folder', () => {
    expect(() => loadBundles(join(root, 'none'))).toThrow(/there is no bundle/);
    const folder = bundle('1.0.0');
    writeFileSync(
      join(folder, 'bundle.yaml'),
      readFileSync(join(folder, 'bundle.yaml'), 'utf8').replace('1.0.0', '1.0.1'),
    );
    expect(() => loadBundles(root)).toThrow(/says version 1\.0\.1/);
  });
});

describe('versions (DESIGN.md 4)', () => {
  const load = () => {
    bundle('0.1.0', {}, { head: "alsoServes: '>=9.3.0 <9.4.0'" });
    bundle('0.2.0', {}, { head: "upgradesFrom: '>=0.1.0 <0.2.0'" });
    bundle('0.3.0', {}, { head: "upgradesFrom: '>=0.2.0 <0.3.0'\nalsoServes: '>=9.3.0 <9.4.0'" });
    return loadBundles(root);
  };
  const versionsOf = (components: Readonly<Record<string, Bundle>>) =>
    Object.fromEntries(Object.entries(components).map(([name, { version }]) => [name, version]));

  test.each([
    ['no image', undefined, undefined, { registration: '0.3.0', work: '0.3.0' }],
    ['no tag', 'r.io:5000/registration', 'work', { registration: '0.3.0', work: '0.3.0' }],
    ['latest', 'registration:latest', 'work:main', { registration: '0.3.0', work: '0.3.0' }],
    ['digest', 'registration@sha256:abc', 'work', { registration: '0.3.0', work: '0.3.0' }],
    ['a version', 'registration:v0.2.0', 'work:0.2.0', { registration: '0.2.0', work: '0.2.0' }],
    ['one minor apart', 'registration:v0.3.0', 'work:v0.2.0', { registration: '0.3.0', work: '0.2.0' }],
    [
      'of a release that several serve as well',
      'registration:v9.3.1',
      'work:v9.3.1',
      { registration: '0.3.0', work: '0.3.0' },
    ],
  ])('%s', (_, registration, work, expected) => {
    const result = selectVersion(load(), { registration, work });
    expect('selection' in result && versionsOf(result.selection.components)).toEqual(expected);
  });

  test.each([
    ['unknown', 'v7.0.0', 'v0.3.0', {}, 'UnknownBundleVersion'],
    ['two minors apart', 'v0.3.0', 'v0.1.0', {}, 'ComponentVersionsTooFarApart'],
    [
      'Kubernetes too old',
      'v0.3.0',
      'v0.3.0',
      { kubernetesVersion: 'v1.24.3+k3s1' },
      'KubernetesVersionUnsupported',
    ],
    ['a step back', 'v0.1.0', 'v0.1.0', { running: { work: '0.2.0' } }, 'DowngradeRefused'],
    ['too large a step', 'v0.3.0', 'v0.3.0', { running: { work: '0.1.0' } }, 'UpgradeUnsupported'],
  ])('refused: %s', (_, registration, work, options, reason) => {
    const images = { registration: `registration:${registration}`, work: `work:${work}` };
    const result = selectVersion(load(), images, options);
    expect('refusal' in result && result.refusal.reason).toBe(reason);
  });

  test.each([
    ['the newest, from nothing', undefined, '0.3.0'],
    ['the newest, from the version before it', '0.2.0', '0.3.0'],
    ['the newest, from itself', '0.3.0', '0.3.0'],
    ['the one that stands, where the newest cannot be reached', '0.1.0', '0.1.0'],
  ])('a tag that several bundles serve: %s', (_, version, expected) => {
    const result = selectVersion(load(), { work: 'work:v9.3.1' }, { running: { work: version } });
    expect('selection' in result && versionsOf(result.selection.components)).toEqual({ work: expected });
  });

  test.each([
    ['the newest, from nothing', undefined, undefined, '0.3.0'],
    ['the version between, where the newest is too far', '0.1.0', '0.1.0', '0.2.0'],
    ['no further while that rolls', undefined, '0.2.0', '0.2.0'],
    ['the newest, once it has rolled', '0.2.0', '0.2.0', '0.3.0'],
  ])('an image without a version gets %s', (_, running, standing, expected) => {
    const options = { running: { work: running }, standing: { work: standing } };
    const result = selectVersion(load(), { work: 'work:latest' }, options);
    expect('selection' in result && versionsOf(result.selection.components)).toEqual({ work: expected });
  });

  test('a step too large says what is between', () => {
    const result = selectVersion(load(), { work: 'work:v0.3.0' }, { running: { work: '0.1.0' } });
    expect('refusal' in result && result.refusal.message).toMatch(
      /does not upgrade \(it upgrades from >=0\.2\.0 <0\.3\.0\)\. Go to 0\.2\.0 first/,
    );
  });

  test('what stands counts on the way up, and not on the way back', () => {
    const move = (tag: string, standing: string) =>
      selectVersion(load(), { work: `work:${tag}` }, { running: {}, standing: { work: standing } });
    expect(move('v0.3.0', '0.1.0')).toHaveProperty('refusal');
    expect(move('v0.3.0', '0.2.0')).toHaveProperty('selection');
    expect(move('v0.1.0', '0.2.0')).toHaveProperty('selection');
  });

  test('a step back on purpose, and an upgrade', () => {
    const images = { work: 'work:v0.2.0' };
    expect(
      selectVersion(load(), images, { running: { work: '0.3.0' }, allowDowngrade: true }),
    ).toHaveProperty('selection');
    expect(selectVersion(load(), images, { running: { work: '0.1.0' } })).toHaveProperty('selection');
    expect(selectVersion(load(), images, { kubernetesVersion: 'v1.35.4-eks-1' })).toHaveProperty('selection');
  });

  describe('a component that came with a later bundle', () => {
    const withPlacement = () => {
      const served = "alsoServes: '>=9.3.0 <9.4.0'";
      bundle('0.1.0', {}, { head: served });
      bundle('0.2.0', {}, { head: `upgradesFrom: '>=0.1.0 <0.2.0'\n${served}` });
      bundle('0.3.0', {}, { head: `upgradesFrom: '>=0.2.0 <0.3.0'\n${served}`, images: ['placement'] });
      bundle('0.4.0', {}, { head: "upgradesFrom: '>=0.3.0 <0.4.0'", images: ['placement'] });
      return loadBundles(root);
    };
    const select = (others: string, placement: string | undefined, options: SelectOptions = {}) => {
      const images = { placement, registration: `r:${others}`, work: `w:${others}` };
      const result = selectVersion(withPlacement(), images, options);
      return 'selection' in result
        ? `${result.selection.components['placement']?.version} of ${result.selection.newest.version}`
        : result.refusal.reason;
    };

    test.each([
      ['goes with the others, whose images name a version', 'v0.3.0', undefined, '0.3.0 of 0.3.0'],
      ['whatever it says that is no version', 'v0.3.0', 'p:latest', '0.3.0 of 0.3.0'],
      ['by a release that their bundle serves too', 'v0.3.0', 'p:v9.3.1', '0.3.0 of 0.3.0'],
      ['is not there with bundles of before', 'v0.2.0', undefined, '0.2.0 of 0.2.0'],
      ['though its image is one that newer bundles serve', 'v0.1.0', 'p:v9.3.1', '0.1.0 of 0.1.0'],
      ['or of no version that is known', 'v0.2.0', 'p:v7.0.0', '0.2.0 of 0.2.0'],
      ['has the version that its image names', 'v0.4.0', 'p:v0.3.0', '0.3.0 of 0.4.0'],
      ['which may be newer than the others', 'v0.2.0', 'p:v0.3.0', '0.3.0 of 0.3.0'],
      ['by one minor version', 'v0.2.0', 'p:v0.4.0', 'ComponentVersionsTooFarApart'],
      ['or one without it, however old that is', 'v0.4.0', 'p:v0.1.0', '0.1.0 of 0.4.0'],
      ['must be known where it is there', 'v0.3.0', 'p:v7.0.0', 'UnknownBundleVersion'],
      ['follows a release that only another bundle serves', 'v0.4.0', 'p:v9.3.1', '0.3.0 of 0.4.0'],
    ])('%s', (_, others, placement, expected) => {
      expect(select(others, placement)).toBe(expected);
    });

    test.each([
      ['comes with an upgrade', 'v0.3.0', { registration: '0.2.0', work: '0.2.0' }, '0.3.0 of 0.3.0'],
      ['stays behind no upgrade', 'v0.4.0', { registration: '0.3.0', work: '0.3.0' }, '0.4.0 of 0.4.0'],
      [
        'leaves with the bundle that has it, being no step back',
        'v0.2.0',
        { placement: '0.3.0' },
        '0.2.0 of 0.2.0',
      ],
      [
        'goes no step back where an older one would run',
        'v0.3.0',
        { placement: '0.4.0' },
        'DowngradeRefused',
      ],
    ])('%s', (_, others, running, expected) => {
      expect(select(others, undefined, { running })).toBe(expected);
    });

    test('an installation that runs with images that several bundles serve is left as it is', () => {
      const running = { registration: '0.1.0', work: '0.1.0' };
      expect(select('v9.3.1', 'p:v9.3.1', { running })).toBe('0.1.0 of 0.1.0');
      expect(select('v9.3.1', undefined, { running: { registration: '0.2.0', work: '0.2.0' } })).toBe(
        '0.3.0 of 0.3.0',
      );
    });
  });

  test('a file that two bundles share is checked against what each of them declares and patches', () => {
    bundle('1.0.0');
    bundle('1.1.0', { 'stages.yaml': stages.replace('optional: string?, ', '') });
    expect(() => loadBundles(root)).toThrow(/optional.* not declared/);
    bundle('1.1.0', {
      'stages.yaml': stages.replace('patches: [one.yaml]', 'patches: [one.yaml], kind: Secret'),
    });
    expect(() => loadBundles(root)).toThrow(/patches one\.yaml, in which nothing fits/);
  });

  test('each component is rendered from the bundle of its version, the rest from the newest', () => {
    bundle('1.0.0', { 'two.yaml': 'apiVersion: v1\nkind: Secret\nmetadata: { name: old }\n' });
    bundle('1.1.0');
    const result = selectVersion(loadBundles(root), { registration: 'r:v1.1.0', work: 'w:v1.0.0' });
    if (!('selection' in result)) throw new Error(result.refusal.message);
    const rendered = render(result.selection, 'clustermanager', { ...input, features: ['A'] });
    expect(
      rendered.map(({ name, objects }) => [name, objects.map(({ object }) => object.metadata.name)]),
    ).toEqual([
      ['one', ['cm-config']],
      ['two', ['old']],
    ]);
  });
});
