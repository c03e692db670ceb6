import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { bundleOf, csvIn, releases } from '../../scripts/olm/bundle.ts';
import type { Files } from '../../scripts/in-step.ts';
import { toYaml } from '../../scripts/olm/files.ts';
import { packageNames, packageOf } from '../../scripts/olm/package.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { template } from './charts/helm.ts';
import type { Any } from './cli/harness.ts';
import { opmOn } from './olm/opm.ts';

const versions = releases().map(({ version }) => version);
const newest = versions.at(-1) ?? '';

/** The warnings that the documents explain, each by what it says. */
const explained = [
  ...readFileSync(join(repositoryFolder, 'docs/olm.md'), 'utf8').matchAll(/^- _(.+?)_/gm),
].map(([, text = '']) => text);

interface Findings {
  status: number | null;
  errors: string[];
  warnings: string[];
}

/** What the validators of the operator framework say of a bundle. */
const findingsOf = async (files: Files): Promise<Findings> => {
  const { status, stdout, stderr } = await opmOn(files, (folder) => ['validate-bundle', folder]);
  const lines = stdout.split('\n').filter(Boolean);
  const of = (level: string) =>
    lines.filter((line) => line.startsWith(`${level} `)).map((line) => line.slice(level.length + 1));
  // A line of another kind would be a finding that nobody looks at.
  expect([...of('error'), ...of('warning')].length).toBe(lines.length);
  expect(stderr).toBe('');
  return { status, errors: of('error'), warnings: of('warning') };
};

describe.each(packageNames.flatMap((name) => versions.map((version) => ({ name, version }))))(
  '$name $version',
  ({ name, version }) => {
    test('packaging.md 45: the validators find no error, and no warning that the documents do not explain', async () => {
      const { status, errors, warnings } = await findingsOf(bundleOf(name, version));
      expect(errors).toEqual([]);
      expect(status).toBe(0);
      for (const warning of warnings)
        expect(explained.filter((text) => warning.includes(text))).toHaveLength(1);
    });

    test('packaging.md 57, 20.7: no tag moves, nothing is left of a placeholder, and prose is as it was written', () => {
      const files = bundleOf(name, version);
      const text = [...files.values()].join('\n');
      expect(text).not.toMatch(/:latest\b|9\.9\.9|\$\{/);
      if (version === newest)
        expect(csvIn(name, files).spec['description']).toBe(packageOf(name).description);
    });
  },
);

describe.each(packageNames)('%s as the chart has it', (name) => {
  const { spec } = csvIn(name, bundleOf(name, newest)) as Any;
  const installed = (kind: string, objects: Any[]): Any => objects.find((object) => object.kind === kind);

  test('packaging.md 56: the rights are those of the chart', async () => {
    const role = installed('ClusterRole', await template(name));
    expect(spec.install.spec.clusterPermissions).toEqual([{ serviceAccountName: name, rules: role.rules }]);
    expect(spec.install.spec).not.toHaveProperty('permissions');
  });
});

type Change = (parts: { csv: Any; annotations: Record<string, string>; files: Map<string, string> }) => void;

const csvFile = 'manifests/klusterlet.clusterserviceversion.yaml';
const crdFile = 'manifests/klusterlets.operator.open-cluster-management.io.yaml';
const channels = 'operators.operatorframework.io.bundle.channels.v1';
const mediaType = 'operators.operatorframework.io.bundle.mediatype.v1';

const object = (kind: string, name: string): string => toYaml({ apiVersion: 'v1', kind, metadata: { name } });

/** The newest bundle of the klusterlet, changed. */
const changed = (change: Change): Files => {
  const files = new Map(bundleOf('klusterlet', newest));
  const csv = load(files.get(csvFile) ?? '') as Any;
  const { annotations } = load(files.get('metadata/annotations.yaml') ?? '') as {
    annotations: Record<string, string>;
  };
  files.delete(csvFile);
  change({ csv, annotations, files });
  files.set('metadata/annotations.yaml', toYaml({ annotations }));
  if (!files.has(csvFile)) files.set(csvFile, toYaml(csv));
  return files;
};

describe('broken bundles', () => {
  test.each<[row: string, says: string, change: Change]>([
    [
      'packaging.md 46: minKubeVersion with a v',
      'csv.Spec.MinKubeVersion has an invalid value: v1.25',
      ({ csv }) => (csv.spec.minKubeVersion = 'v1.25'),
    ],
    [
      'packaging.md 47: no file of the CRD',
      'owned CRD klusterlets.operator.open-cluster-management.io/v1 not found in bundle "klusterlet.v',
      ({ files }) => files.delete(crdFile),
    ],
    [
      'packaging.md 48: one CRD too many',
      `Kind=Other" is present in bundle "klusterlet.v${newest}" but not defined in CSV`,
      ({ files }) =>
        files.set(
          'manifests/other.yaml',
          (files.get(crdFile) ?? '').replaceAll('klusterlet', 'other').replaceAll('Klusterlet', 'Other'),
        ),
    ],
    [
      'packaging.md 49: the ServiceAccount as a manifest',
      'This service account klusterlet in your bundle is not valid',
      ({ files }) => files.set('manifests/account.yaml', object('ServiceAccount', 'klusterlet')),
    ],
    [
      'packaging.md 50: no channels',
      `Missing annotation "${channels}"`,
      ({ annotations }) => delete annotations[channels],
    ],
    [
      'packaging.md 50: another media type',
      `Expecting annotation "${mediaType}" to have value "registry+v1" instead of "plain"`,
      ({ annotations }) => (annotations[mediaType] = 'plain'),
    ],
    [
      'packaging.md 51: an example of a foreign kind',
      'example must have a provided API',
      ({ csv }) =>
        (csv.metadata.annotations['alm-examples'] = JSON.stringify([
          { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } },
        ])),
    ],
    [
      'packaging.md 52: no install mode',
      'none of InstallModeTypes are supported',
      ({ csv }) => csv.spec.installModes.forEach((mode: Any) => (mode.supported = false)),
    ],
    [
      'packaging.md 53: a capability that is none',
      '"Foo" is not a valid capabilities level',
      ({ csv }) => (csv.metadata.annotations.capabilities = 'Foo'),
    ],
    [
      'packaging.md 53: a category that is none',
      '"Foo" is not in the set of standard categories',
      ({ csv }) => (csv.metadata.annotations.categories = 'Foo'),
    ],
    [
      'packaging.md 54: a Namespace',
      'Namespace is not supported type for registryV1 bundle',
      ({ files }) => files.set('manifests/namespace.yaml', object('Namespace', 'a')),
    ],
    [
      'packaging.md, section 12: two CSVs',
      'invalid bundle: contains multiple CSVs',
      ({ csv, files }) => files.set('manifests/second.yaml', toYaml(csv)),
    ],
    [
      'packaging.md, section 12: a folder among the manifests',
      'bundle manifests dir contains directory',
      ({ files }) => files.set('manifests/a/b.yaml', object('Secret', 'a')),
    ],
    [
      'packaging.md, section 12: an annotation in the wrong letter case',
      'olm.skiprange uses wrong case and should be olm.skipRange instead',
      ({ csv }) => (csv.metadata.annotations['olm.skiprange'] = '<1.0.0'),
    ],
    [
      'packaging.md, section 12: an icon of no known type',
      'csv.Spec.Icon image/webp does not have a valid mediatype',
      ({ csv }) => (csv.spec.icon[0].mediatype = 'image/webp'),
    ],
    [
      'packaging.md, section 12: a link without an address',
      'csv.Spec.Links elements should contain both name and url',
      ({ csv }) => (csv.spec.links = [{ name: 'a' }]),
    ],
    [
      'packaging.md, section 12: no provider',
      'csv.Spec.Provider.Name not specified',
      ({ csv }) => delete csv.spec.provider,
    ],
  ])('%s is an error', async (_, says, change) => {
    const { status, errors } = await findingsOf(changed(change));
    expect(errors.join('\n')).toContain(says);
    expect(status).toBe(1);
  });

  test.each<[row: string, says: string, change: Change]>([
    [
      'packaging.md 46: no minKubeVersion',
      'csv.Spec.minKubeVersion is not informed',
      ({ csv }) => delete csv.spec.minKubeVersion,
    ],
    [
      'packaging.md 55: a name without .v',
      'is not following the recommended naming convention: <operator-name>.v<semver>',
      ({ csv }) => (csv.metadata.name = `klusterlet-${newest}`),
    ],
    [
      'packaging.md, section 12: a channel that follows no convention',
      'channel(s) ["release"] are not following the recommended naming convention',
      ({ annotations }) => (annotations[channels] = 'release'),
    ],
    [
      'packaging.md, section 12: a container that asks for nothing',
      'unable to find the resource requests for the container: (klusterlet)',
      ({ csv }) => delete csv.spec.install.spec.deployments[0].spec.template.spec.containers[0].resources,
    ],
    [
      'packaging.md, section 12: a CRD without a description',
      'has an empty description',
      ({ csv }) => delete csv.spec.customresourcedefinitions.owned[0].description,
    ],
  ])('%s is a warning', async (_, says, change) => {
    const { status, errors, warnings } = await findingsOf(changed(change));
    expect(warnings.join('\n')).toContain(says);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
  });
});
