import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { bundleOf, csvIn, releases } from '../../scripts/olm/bundle.ts';
import { packageNames } from '../../scripts/olm/package.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { columns } from './crds/columns.ts';
import { defaults } from './crds/defaults.ts';
import type { Fields } from './crds/fields.ts';
import { refusals, statusRefusals } from './crds/refusals.ts';

/** The parts of a CustomResourceDefinition that these tests look at. */
interface Definition {
  metadata: { name: string };
  spec: {
    group: string;
    names: { kind: string; plural: string; shortNames?: string[] };
    scope: 'Namespaced' | 'Cluster';
    conversion?: { strategy: string };
    versions: { name: string; served: boolean; storage: boolean }[];
  };
  status?: { conditions?: { type: string; status: string; message: string }[] };
}

const folder = new URL('../../crds/', import.meta.url);
const definitions: Definition[] = await Promise.all(
  (await readdir(folder)).map(
    async (file) => load(await readFile(new URL(file, folder), 'utf8')) as Definition,
  ),
);

const definitionOf = (kind: string): Definition => {
  const found = definitions.find(({ spec }) => spec.names.kind === kind);
  if (!found) throw new Error(`crds/ has no kind ${kind}`);
  return found;
};

let controlPlane: ControlPlane;
const kubectl = (args: string[], input?: unknown): Promise<string> =>
  controlPlane.kubectl(args, input === undefined ? undefined : JSON.stringify(input));

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'crds', controllerManager: false });
  await kubectl(['create', '--filename', folder.pathname]);
  await waitFor('every definition established', async () => {
    const { items } = JSON.parse(await kubectl(['get', 'crds', '--output=json'])) as { items: Definition[] };
    const established = items.filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True'),
    );
    return established.length === definitions.length;
  });
  await waitFor('every kind found', async () => {
    const found = (await kubectl(['api-resources', '--output=name'])).split('\n');
    return definitions.every(({ metadata }) => found.includes(metadata.name));
  });
});

afterAll(() => controlPlane?.stop());

/** An object of a kind in its stored version, or in another one. */
const objectOf = (kind: string, fields: Fields, name = 'one', version?: string): Fields => {
  const { spec } = definitionOf(kind);
  const stored = spec.versions.find(({ storage }) => storage)?.name;
  const namespace = spec.scope === 'Namespaced' ? { namespace: 'default' } : {};
  return {
    apiVersion: `${spec.group}/${version ?? stored}`,
    kind,
    metadata: { name, ...namespace },
    ...fields,
  };
};

/** What the API server would store. Throws what it says against the object. */
const accepted = async (kind: string, fields: Fields, name?: string): Promise<Fields> =>
  JSON.parse(
    await kubectl(
      ['create', '--dry-run=server', '--output=json', '--filename=-'],
      objectOf(kind, fields, name),
    ),
  ) as Fields;

/** Creates an object and writes its status. */
const createWithStatus = async (kind: string, { status, ...fields }: Fields, name = 'one'): Promise<void> => {
  const { group, names } = definitionOf(kind).spec;
  await kubectl(['create', '--filename=-'], objectOf(kind, fields, name));
  if (status === undefined) return;
  const patch = ['--subresource=status', '--type=merge', `--patch=${JSON.stringify({ status })}`];
  await kubectl(['patch', `${names.plural}.${group}`, name, ...patch]);
};

describe('definitions', () => {
  test('there is one per kind, in a file of its name', async () => {
    const files = (await readdir(folder)).toSorted();
    expect(files).toEqual(definitions.map(({ metadata }) => `${metadata.name}.yaml`).toSorted());
    expect(definitions).toHaveLength(18);
  });

  test('the API server finds no fault with any schema, name or approval', async () => {
    const { items } = JSON.parse(await kubectl(['get', 'crds', '--output=json'])) as { items: Definition[] };
    const faults = items.flatMap(({ metadata, status }) =>
      (status?.conditions ?? [])
        .filter(({ type, status }) => type === 'NonStructuralSchema' || status !== 'True')
        .map(({ type, message }) => `${metadata.name}: ${type}: ${message}`),
    );
    expect(faults).toEqual([]);
  });

  test.each([
    ['mcl', 'managedclusters'],
    ['mcls', 'managedclusters'],
    ['mclset', 'managedclustersets'],
    ['mclsets', 'managedclustersets'],
    ['mclsetbinding', 'managedclustersetbindings'],
    ['mclsetbindings', 'managedclustersetbindings'],
    ['mwrs', 'manifestworkreplicasets'],
    ['cma', 'clustermanagementaddons'],
    ['cmas', 'clustermanagementaddons'],
    ['mca', 'managedclusteraddons'],
    ['mcas', 'managedclusteraddons'],
  ])('%s is short for %s', async (short, plural) => {
    const { items } = JSON.parse(await kubectl(['get', 'crds', '--output=json'])) as { items: Definition[] };
    const owner = items.find(({ spec }) => spec.names.shortNames?.includes(short));
    expect(owner?.spec.names.plural).toBe(plural);
  });

  test('kubectl explain tells what a field is for', async () => {
    // An API server publishes schemas a little later.
    await waitFor('the schema published', async () => {
      const text = await kubectl(['explain', 'klusterlet.spec.deployOption.mode']);
      if (text.includes('Singleton one agent for both')) return true;
      throw new Error(text);
    });
  });
});

describe('defaults', () => {
  test.each(defaults)('%s', async (_, kind, given, stored) => {
    expect(await accepted(kind, given)).toMatchObject(stored);
  });

  test('unknown fields of manifests stay, those of works do not', async () => {
    const manifest = {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 'a' },
      odd: { deep: [1, 'x'] },
    };
    const fields = { spec: { workload: { manifests: [manifest] } } };
    expect(await accepted('ManifestWork', fields)).toMatchObject(fields);
    await expect(accepted('ManifestWork', { spec: { odd: 1 } })).rejects.toThrow('unknown field "spec.odd"');
  });
});

describe('refusals', () => {
  test.each(refusals)('%s', async (_, kind, given, message) => {
    await expect(accepted(kind, given)).rejects.toThrow(message);
  });

  test.each(statusRefusals)('%s in a status', async (what, kind, fields, status, message) => {
    const name = what.replaceAll(' ', '-');
    await expect(createWithStatus(kind, { ...fields, status }, name)).rejects.toThrow(message);
  });

  test('a ClusterProfile that changes its manager', async () => {
    const profile = (manager: string) =>
      objectOf('ClusterProfile', { spec: { clusterManager: { name: manager } } }, 'immutable');
    await kubectl(['create', '--filename=-'], profile('ours'));
    await expect(kubectl(['apply', '--filename=-'], profile('theirs'))).rejects.toThrow(
      'ClusterManager is immutable',
    );
  });
});

describe('examples of OLM', () => {
  test.each(packageNames)(
    'packaging.md 58: those of every version of %s are taken as they are',
    async (name) => {
      const examples = releases().flatMap(
        ({ version }) =>
          JSON.parse(
            csvIn(name, bundleOf(name, version)).metadata.annotations['alm-examples'] ?? '',
          ) as object[],
      );
      expect(examples).toHaveLength(releases().length);
      await kubectl(['create', '--dry-run=server', '--validate=strict', '--filename=-'], {
        apiVersion: 'v1',
        kind: 'List',
        items: examples,
      });
    },
  );
});

describe('printer columns', () => {
  /** The header and the first row that kubectl prints, cut into columns. Ages are masked. */
  const printed = async (kind: string, name: string): Promise<string[][]> => {
    const { group, names } = definitionOf(kind).spec;
    const lines = (await kubectl(['get', `${names.plural}.${group}`, name])).trimEnd().split('\n');
    const columns = [...(lines[0] ?? '').matchAll(/\S+(?: \S+)*\s*/g)].map((match) => match.index);
    return lines.map((line) =>
      columns.map((start, index) =>
        line
          .slice(start, columns[index + 1])
          .trim()
          .replace(/^(?:\d+[ms])+$/, '<age>'),
      ),
    );
  };

  test.each(columns)('of %s', async (kind, object, header, row) => {
    await createWithStatus(kind, object, 'printed');
    expect(await printed(kind, 'printed')).toEqual([header, row]);
  });
});

describe('two versions of an add-on', () => {
  const converted = ['ClusterManagementAddOn', 'ManagedClusterAddOn'];

  /** For a hub without the add-on webhook: it stores and serves the newer version alone. */
  const newerVersionOnly = [
    { op: 'replace', path: '/spec/conversion', value: { strategy: 'None' } },
    { op: 'replace', path: '/spec/versions/0/served', value: false },
    { op: 'replace', path: '/spec/versions/0/storage', value: false },
    { op: 'replace', path: '/spec/versions/1/storage', value: true },
  ];

  test('are converted by the add-on webhook', () => {
    for (const kind of converted) expect(definitionOf(kind).spec.conversion?.strategy).toBe('Webhook');
    const others = definitions.filter(({ spec }) => !converted.includes(spec.names.kind));
    expect(others.map(({ spec }) => spec.conversion)).toEqual(others.map(() => undefined));
  });

  test('the newer one works without the webhook when it is stored', async () => {
    for (const kind of converted) {
      const { name } = definitionOf(kind).metadata;
      await kubectl(['patch', 'crd', name, '--type=json', `--patch=${JSON.stringify(newerVersionOnly)}`]);
    }
    const addon = objectOf('ManagedClusterAddOn', { spec: {} }, 'newer', 'v1beta1');
    await waitFor('the newer version created', () => kubectl(['create', '--filename=-'], addon));

    const registrations = [
      { type: 'kubeClient', kubeClient: { driver: 'csr', subject: { user: 'agent', groups: ['agents'] } } },
      { type: 'customSigner', customSigner: { signerName: 'example.com/agent' } },
    ];
    const patch = `--patch=${JSON.stringify({ status: { registrations } })}`;
    await waitFor('the newer version found', () =>
      kubectl(['patch', 'mca', 'newer', '--subresource=status', '--type=merge', patch]),
    );
    const stored = JSON.parse(await kubectl(['get', 'mca', 'newer', '--output=json'])) as Fields;
    expect(stored).toMatchObject({ spec: {}, status: { registrations } });
  });
});
