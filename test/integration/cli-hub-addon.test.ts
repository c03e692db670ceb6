import { createServer, type Server } from 'node:http';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { loadAll } from 'js-yaml';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { helm } from './charts/helm.ts';
import { type Any, program, runCommand, useCluster } from './cli/harness.ts';

const harness = useCluster('cli-hub-addon');
const { succeed, fail, get, exists, apply, kubectl } = harness;

const install = ['install', 'hub-addon'];
const uninstall = ['uninstall', 'hub-addon'];
const governance = '--names=governance-policy-framework';
// Of the version that is stored: nothing here serves the conversion to another.
const managementAddOns = 'clustermanagementaddons.v1alpha1.addon.open-cluster-management.io';
const managedAddOns = 'managedclusteraddons.v1alpha1.addon.open-cluster-management.io';
const addOn = (name: string, namespace: string) => ({
  apiVersion: 'addon.open-cluster-management.io/v1alpha1',
  kind: 'ManagedClusterAddOn',
  metadata: { name, namespace },
  spec: {},
});

test('cli.md 86: a cluster that is no hub takes no add-ons', async () => {
  for (const command of [install, uninstall]) {
    expect(await fail(...command, governance)).toContain('should not running against non-hub cluster');
  }
});

describe('the policy framework', () => {
  beforeAll(async () => {
    await harness.installCrds();
    await kubectl('create', 'namespace', 'c1');
  });

  test.each([
    [[], 'names is missing'],
    [['--names=no-such'], 'invalid add-on name no-such'],
    [[governance, '--bundle-version=v9.9.9'], "couldn't find the requested version bundle: 9.9.9"],
    [[governance, '--namespace=policies'], 'namespaces "policies" not found'],
    [[governance, '--namespace=Policies'], 'cannot be named "Policies"'],
  ])('cli.md 82: %j is refused, and nothing is there', async (args, message) => {
    expect(await fail(...install, ...args)).toContain(message);
    expect(await exists('crd', 'policies.policy.open-cluster-management.io')).toBe(false);
  });

  test('a dry run prints all and creates nothing, not even the namespace', async () => {
    const file = harness.path('objects.yaml');
    const args = [governance, '--namespace=policies', '--create-namespace', '--output-file', file];
    const printed = await succeed(...install, ...args, '--dry-run');
    const objects = loadAll(printed.replace(/^.*dry-run mode\n/, '')).filter(Boolean) as Any[];
    expect(objects.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        'CustomResourceDefinition',
        'Namespace',
        'ClusterManagementAddOn',
        'Deployment',
      ]),
    );
    expect(loadAll(await readFile(file, 'utf8'))).toEqual(objects);
    expect(await exists('namespace', 'policies')).toBe(false);
    expect(await exists('crd', 'policies.policy.open-cluster-management.io')).toBe(false);
  });

  test('cli.md 82: both Deployments, what they may do, and the kinds, which hold policies', async () => {
    const args = [governance, '--namespace=policies', '--create-namespace', '--bundle-version=1.2.0'];
    for (const _ of ['first', 'again']) {
      expect(await succeed(...install, ...args)).toBe(
        'Installing built-in governance-policy-framework add-on to the Hub cluster...\n',
      );
    }
    const image = async (name: string): Promise<string> =>
      (await get('-n', 'policies', 'deployment', name)).spec.template.spec.containers[0].image;
    expect(await image('governance-policy-addon-controller')).toBe(
      'quay.io/open-cluster-management/governance-policy-addon-controller:v0.18.0',
    );
    expect(await image('governance-policy-propagator')).toMatch(/governance-policy-propagator:v0\.18\.0$/);
    for (const name of ['config-policy-controller', 'governance-policy-framework']) {
      expect((await get(managementAddOns, name)).metadata.annotations).toEqual({
        'addon.open-cluster-management.io/lifecycle': 'addon-manager',
      });
    }
    const can = (verb: string, resource: string, account: string) =>
      kubectl('auth', 'can-i', verb, resource, `--as=system:serviceaccount:policies:${account}`).catch(
        () => 'no',
      );
    // The authorizer knows a new role a little later.
    const may = (verb: string, resource: string, account: string) =>
      waitFor(`${account} to be let ${verb} ${resource}`, async () =>
        (await can(verb, resource, account)).includes('yes'),
      );
    await may('get', 'secrets', 'governance-policy-propagator');
    expect(await can('delete', 'secrets', 'governance-policy-propagator')).toContain('no');
    expect(await can('list', 'secrets', 'policy-addon-ctrl-controller-manager')).toContain('no');
    await may('create', 'manifestworks', 'policy-addon-ctrl-controller-manager');

    await kubectl('wait', '--for=condition=Established', 'crd', '--all', patienceFlag);
    const api = 'policy.open-cluster-management.io';
    await waitFor('the kinds to be found', async () => {
      await kubectl('get', `policies.${api},placementbindings.${api}`, '--all-namespaces');
      return true;
    });
    const policy = (spec: object) =>
      apply({
        apiVersion: `${api}/v1`,
        kind: 'Policy',
        metadata: { name: 'p', namespace: 'policies' },
        spec,
      });
    await expect(policy({ disabled: false })).rejects.toThrow('policy-templates');
    await expect(
      policy({ disabled: false, remediationAction: 'force', 'policy-templates': [] }),
    ).rejects.toThrow('remediationAction');
    const dependency = { apiVersion: 'v1', kind: 'ConfigurationPolicy', name: 'x', compliance: 'Compliant' };
    await expect(
      policy({ disabled: false, 'policy-templates': [], dependencies: [{ ...dependency, namespace: 'n' }] }),
    ).rejects.toThrow('dependencies');
    const objectDefinition = { any: { thing: 1 } };
    await policy({ disabled: false, dependencies: [dependency], 'policy-templates': [{ objectDefinition }] });
    expect((await get('-n', 'policies', 'plc', 'p')).spec['policy-templates']).toEqual([
      { objectDefinition },
    ]);

    const binding = (apiGroup: string) =>
      apply({
        apiVersion: `${api}/v1`,
        kind: 'PlacementBinding',
        metadata: { name: 'b', namespace: 'policies' },
        placementRef: { apiGroup, kind: 'Placement', name: 'x' },
        subjects: [{ apiGroup: api, kind: 'Policy', name: 'p' }],
      });
    await expect(binding('apps.open-cluster-management.io')).rejects.toThrow('placementRef');
    await binding('cluster.open-cluster-management.io');
  });

  test('cli.md 83: it stays while a cluster uses it, and its kinds stay for ever', async () => {
    await apply(addOn('config-policy-controller', 'c1'));
    expect(await fail(...uninstall, governance, '--namespace=policies')).toContain(
      'there are still addons for governance-policy-framework enabled on some clusters, run "clusteradm addon disable --names config-policy-controller --clusters c1"',
    );
    expect(await exists('-n', 'policies', 'deployment', 'governance-policy-propagator')).toBe(true);
    await kubectl('-n', 'c1', 'delete', managedAddOns, 'config-policy-controller');

    await succeed(...uninstall, governance, '--namespace=policies', '--dry-run');
    expect(await exists('-n', 'policies', 'deployment', 'governance-policy-propagator')).toBe(true);
    for (const _ of ['there', 'gone already']) {
      expect(await succeed(...uninstall, governance, '--namespace=policies')).toBe(
        'Uninstalling built-in governance-policy-framework add-on from the Hub cluster...\n',
      );
    }
    expect(await exists('-n', 'policies', 'deployment')).toBe(false);
    expect(await exists('-n', 'policies', 'serviceaccount', 'governance-policy-propagator')).toBe(false);
    expect(await exists('clusterrole', 'policy-addon-ctrl-manager-role')).toBe(false);
    expect(await exists(managementAddOns)).toBe(false);
    expect(await exists('-n', 'policies', 'policy', 'p')).toBe(true);
  });
});

describe('an add-on that is a chart', () => {
  let server: Server;
  let path: string;

  /** A chart of the add-on's name in a repository of our own. */
  beforeAll(async () => {
    const chart = harness.path('argocd-pull-integration');
    await mkdir(join(chart, 'templates'), { recursive: true });
    await writeFile(
      join(chart, 'Chart.yaml'),
      'apiVersion: v2\nname: argocd-pull-integration\nversion: 1.0.0\n',
    );
    await writeFile(
      join(chart, 'templates/config.yaml'),
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: of-the-chart }\n',
    );
    const repository = harness.path('repository');
    await helm(['package', chart, '--destination', repository]);
    await helm(['repo', 'index', repository]);
    server = createServer((request, answer) => {
      readFile(join(repository, (request.url ?? '').split('/').at(-1)!)).then(
        (content) => answer.end(content),
        () => answer.writeHead(404).end(),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    path = harness.path('bin');
    await mkdir(path);
    await symlink(await ensureBinaryOf('helm'), join(path, 'helm'));
  });
  afterAll(() => {
    server?.closeAllConnections();
    server?.close();
  });

  const run = (PATH: string, ...args: string[]) =>
    runCommand(process.execPath, [program, ...args, '--kubeconfig', harness.cluster().kubeconfigPath], {
      HOME: dirname(path),
      PATH,
    });
  const repository = () => `--chart-repository=http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  test('without helm, the error says that it is needed', async () => {
    expect(await run('/none', ...install, '--names=argocd', repository())).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('helm is not on PATH'),
    });
  });

  test('cli.md 82 and 83: helm installs it where --kubeconfig says, and a dry run does not', async () => {
    const dry = await run(path, ...install, '--names=argocd', repository(), '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('of-the-chart') });
    expect(await exists('namespace', 'argocd')).toBe(false);

    expect((await run(path, ...install, '--names=argocd', repository())).code).toBe(0);
    expect(await exists('-n', 'argocd', 'configmap', 'of-the-chart')).toBe(true);

    await apply(addOn('argocd', 'c1'));
    expect(await fail(...uninstall, '--names=argocd')).toContain(
      'run "clusteradm addon disable --names argocd --clusters c1"',
    );
    await kubectl('-n', 'c1', 'delete', managedAddOns, 'argocd');
    expect((await run(path, ...uninstall, '--names=argocd', '--dry-run')).code).toBe(0);
    expect(await exists('-n', 'argocd', 'configmap', 'of-the-chart')).toBe(true);
    expect((await run(path, ...uninstall, '--names=argocd')).code).toBe(0);
    expect(await exists('-n', 'argocd', 'configmap', 'of-the-chart')).toBe(false);
    expect(await run(path, ...uninstall, '--names=argocd')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('helm uninstall failed with 1'),
    });
  });
});
