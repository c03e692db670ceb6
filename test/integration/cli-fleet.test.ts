import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { klusterlets } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { ConnectionError } from '../../operators/runtime/client/errors.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { leases } from '../../operators/runtime/client/kubernetes.ts';
import { patience, waitFor } from '../cluster/index.ts';
import { type Any, condition, useCluster } from './cli/harness.ts';

const harness = useCluster('cli-fleet');
const { succeed, fail, failToWait, get, exists, apply, setStatus, kubectl } = harness;

const api = 'cluster.open-cluster-management.io';
const setLabel = `${api}/clusterset`;

beforeAll(async () => {
  await harness.installCrds();
  for (const name of ['c1', 'c2']) {
    await kubectl('create', 'namespace', name);
    await apply({ apiVersion: `${api}/v1`, kind: 'ManagedCluster', metadata: { name }, spec: {} });
  }
  await kubectl('create', 'namespace', 'shop');
});

describe('sets of clusters', () => {
  test('cli.md 75: a set is created once', async () => {
    expect(await succeed('create', 'clusterset', 's', '--dry-run')).toContain('Clusterset s is created');
    expect(await exists('managedclusterset', 's')).toBe(false);
    expect(await succeed('create', 'clusterset', 's')).toBe('Clusterset s is created\n');
    expect(await succeed('create', 'clusterset', 's')).toBe('Clusterset s is already created\n');
    await succeed('create', 'clusterset', 'other');
  });

  test.each([
    [['create', 'clusterset'], 'the name of the clusterset must be specified'],
    [['create', 'clusterset', 'a', 'b'], 'only one clusterset can be created'],
    [['create', 'clusterset', 'A'], 'the clusterset cannot be named "A"'],
    [['delete', 'clusterset'], 'the name of the clusterset must be specified'],
    [['delete', 'clusterset', 'a', 'b'], 'only one clusterset can be deleted'],
    [['clusterset', 'set'], 'the name of the clusterset must be specified'],
    [['clusterset', 'bind', 'a', 'b'], 'only one clusterset can be specified'],
    [['clusterset', 'bind', 's', '--namespace='], 'namespace name must be specified in --namespace'],
    [['clusterset', 'unbind', 'no', '--namespace=shop'], '"no" not found'],
    [
      ['clusterset', 'set', 's'],
      'at least one cluster (--clusters) or namespace (--namespaces) must be specified',
    ],
    [['clusterset', 'set', 's', '--clusters=no'], '"no" not found'],
    [['clusterset', 'set', 'no', '--clusters=c1'], '"no" not found'],
    [['get', 'clustersets', 'x'], 'there should be no argument'],
  ])('%j is refused', async (args, message) => {
    expect(await fail(...args)).toContain(message);
  });

  test('cli.md 76: a cluster moves, and the line names both sets', async () => {
    const set = (name: string) => succeed('clusterset', 'set', name, '--clusters=c1');
    expect(await set('other')).toBe('Cluster c1 is set to Clusterset other\n');
    expect(await succeed('clusterset', 'set', 's', '--clusters=c1', '--dry-run')).toContain(
      'Cluster c1 is set, from ClusterSet other to Clusterset s',
    );
    expect((await get('managedcluster', 'c1')).metadata.labels[setLabel]).toBe('other');
    expect(await set('s')).toBe('Cluster c1 is set, from ClusterSet other to Clusterset s\n');
    expect(await set('s')).toBe('Cluster c1 is already in Clusterset s\n');
    expect((await get('managedcluster', 'c1')).metadata.labels[setLabel]).toBe('s');
  });

  test('cli.md 76: managed namespaces are appended once', async () => {
    const add = (namespaces: string) => harness.cli('clusterset', 'set', 's', `--namespaces=${namespaces}`);
    const managed = async () => (await get('managedclusterset', 's')).spec.managedNamespaces;
    const first = await add('a,b,a,');
    expect(first.stdout).toBe(`Processing managed namespaces: [a b a ]
Managed namespace a already exists in Clusterset s

Successfully updated Clusterset s
Added 2 managed namespace(s): a, b
Total managed namespaces in clusterset: 2
`);
    expect(first.stderr).toBe('Warning: Empty namespace name provided, skipping\n');
    expect((await add('b,c')).stdout).toContain(
      'Added 1 managed namespace(s): c\nTotal managed namespaces in clusterset: 3\n',
    );
    expect(await managed()).toEqual([{ name: 'a' }, { name: 'b' }, { name: 'c' }]);
    expect((await add('c')).stdout).toContain('\nAll specified namespaces already exist in Clusterset s\n');
    expect((await add(' ')).stdout).toContain('\nNo changes made to Clusterset s\n');
    expect((await add('UPPER')).stderr).toContain('failed to update clusterset with managed namespaces: ');
    expect(await managed()).toHaveLength(3);
  });

  test('a set by labels of its own is warned about', async () => {
    const selector = { selectorType: 'LabelSelector', labelSelector: { matchLabels: { a: 'b' } } };
    const metadata = { name: 'labels' };
    await apply({
      apiVersion: `${api}/v1beta2`,
      kind: 'ManagedClusterSet',
      metadata,
      spec: { clusterSelector: selector },
    });
    const { stderr } = await harness.cli('clusterset', 'set', 'labels', '--clusters=c2');
    expect(stderr).toContain('WARNING: Clusterset labels takes clusters by labels of its own');
  });

  test('cli.md 75: a set is bound, and deleted once it is bound nowhere', async () => {
    const bind = ['clusterset', 'bind', 's', '--namespace=shop'];
    expect(await succeed(...bind)).toBe('Clusterset s is bound to Namespace shop\n');
    expect(await succeed(...bind)).toBe('Clusterset s is already bound to Namespace shop\n');
    expect((await get('-n', 'shop', 'managedclustersetbinding', 's')).spec).toEqual({ clusterSet: 's' });
    expect(await succeed('delete', 'clusterset', 's')).toBe(
      'Clusterset s still bind to a namespace! Please unbind before deleted.\n',
    );

    await setStatus({ conditions: [condition('ClusterSetEmpty', 'False')] }, 'managedclusterset', 's');
    const tree = await succeed('get', 'clustersets');
    expect(tree).toContain(`<ManagedClusterSet> 
├── labels 
│   ├── BoundNamespace 
│   ├── Clusters []
│   ├── ManagedNamespaces []
│   └── Status 
`);
    expect(tree).toContain(`└── s 
    ├── BoundNamespace shop
    ├── Clusters [c1]
    ├── ManagedNamespaces [a b c]
    └── Status tested
`);
    expect(await succeed('get', 'clustersets', '-o', 'table')).toMatch(
      /^NAME +BOUND NAMESPACES +STATUS +MANAGED NAMESPACES\n(.*\n)*s +shop +tested +a,b,c\n$/,
    );

    const unbind = ['clusterset', 'unbind', 's', '--namespace=shop'];
    for (const _ of ['there', 'gone already'])
      expect(await succeed(...unbind)).toBe('Clusterset s is unbind from namespace shop\n');
    await succeed('delete', 'clusterset', 's', '--dry-run');
    expect(await succeed('delete', 'clusterset', 's')).toBe('Clusterset s is deleted\n');
    expect(await succeed('delete', 'clusterset', 's')).toBe('Clusterset s not found or is already deleted\n');
    expect(await succeed('delete', 'clusterset', 'default')).toBe('Clusterset default can not be deleted\n');
  });
});

describe('placements', () => {
  const create = (...args: string[]) => ['create', 'placement', 'p', '--namespace=shop', ...args];

  test.each([
    [['create', 'placement'], 'placement name must be specified'],
    [['create', 'placement', 'a', 'b'], 'only one placement name can be specified'],
    [create('--clustersets=no'), '"no" not found'],
    [create('--label-selectors=a>b'), 'failed to parse selector a>b: '],
    [create('--prioritizers=BuiltIn:Balance'), 'prioritizer BuiltIn:Balance format is not correct'],
    [create('--count=x'), 'invalid argument "x" for "--count'],
    [['get', 'placements', 'a', 'b'], 'the number of placement name should be 0 or 1'],
    [['get', 'placements', '-n', 'no'], 'namespaces "no" not found'],
  ])('%j is refused', async (args, message) => {
    expect(await fail(...args)).toContain(message);
    expect(await exists('-n', 'shop', 'placement', 'p')).toBe(false);
  });

  test('cli.md 70: a placement is created once, and its spec replaced with --overwrite', async () => {
    await succeed('clusterset', 'bind', 'other', '--namespace=shop');
    const flags = [
      '--clustersets=other',
      '--label-selectors=region=eu,zone in (a,b)',
      '--prioritizers=BuiltIn:Balance:4,AddOn:cpu:usage:2',
      '--count=2',
    ];
    expect(await succeed(...create(...flags))).toBe("Placement 'p' has been created in 'shop' namespace\n");
    const spec = async () => (await get('-n', 'shop', 'placement', 'p')).spec;
    const labels = (labelSelector: object) => ({ requiredClusterSelector: { labelSelector } });
    expect(await spec()).toMatchObject({
      clusterSets: ['other'],
      predicates: [
        labels({ matchLabels: { region: 'eu' } }),
        labels({ matchExpressions: [{ key: 'zone', operator: 'In', values: ['a', 'b'] }] }),
      ],
      prioritizerPolicy: {
        mode: 'Additive',
        configurations: [
          { scoreCoordinate: { type: 'BuiltIn', builtIn: 'Balance' }, weight: 4 },
          {
            scoreCoordinate: { type: 'AddOn', addOn: { resourceName: 'cpu', scoreName: 'usage' } },
            weight: 2,
          },
        ],
      },
      numberOfClusters: 2,
    });
    expect(await fail(...create())).toContain('placement p already exists');
    expect(await succeed(...create('--count=1', '--overwrite'))).toBe(
      "Placement 'p' of 'shop' namespace has been updated\n",
    );
    expect(await spec()).toMatchObject({ numberOfClusters: 1 });
    expect(await spec()).not.toHaveProperty('predicates');
  });

  test('cli.md 68: a placement that nobody has looked at yet', async () => {
    expect(await succeed('get', 'placements', '-o', 'table')).toMatch(
      /^NAME +STATUS +REASON +SELETEDCLUSTERS\np +\[\]\n$/,
    );
    expect(await succeed('get', 'placements')).toBe(`<Placement> 
└── p 
    ├── ClusterSet []
    ├── Namespace shop
    ├── PlacementDecision [NoClusterSelected]
    └── Status 
        ├── Conditions 
        │   ├── PlacementConditionMisconfigured unknown
        │   └── PlacementConditionSatisfied unknown
        └── NumberOfSelectedClusters 0
`);
  });

  test('all decisions count, and placements of one name are told apart', async () => {
    await succeed('create', 'placement', 'p');
    const labels = { [`${api}/placement`]: 'p' };
    for (const [name, cluster] of [
      ['p-decision-1', 'c1'],
      ['p-decision-2', 'c2'],
    ] as const) {
      const metadata = { name, namespace: 'shop', labels };
      await apply({ apiVersion: `${api}/v1beta1`, kind: 'PlacementDecision', metadata });
      const decisions = [{ clusterName: cluster, reason: '' }];
      await setStatus({ decisions }, '-n', 'shop', 'placementdecision', name);
    }
    const conditions = [
      condition('PlacementMisconfigured', 'False'),
      condition('PlacementSatisfied', 'True'),
    ];
    await setStatus({ numberOfSelectedClusters: 2, conditions }, '-n', 'shop', 'placement', 'p');
    expect(await succeed('get', 'placements', '-o', 'table')).toMatch(
      /\ndefault\/p +\[\]\nshop\/p +False +Tested +\[c1 c2\]\n$/,
    );
    expect(await succeed('get', 'placements', 'p', '-n', 'shop')).toContain('PlacementDecision [c1 c2]');
  });
});

describe('delete work', () => {
  const work = (name: string, finalizers: string[]) => ({
    apiVersion: 'work.open-cluster-management.io/v1',
    kind: 'ManifestWork',
    metadata: { name, namespace: 'c1', finalizers },
    spec: { workload: { manifests: [] } },
  });
  const stuck = ['cluster.open-cluster-management.io/manifest-work-cleanup'];

  test('cli.md 74: --force lets go of one that nobody removes', async () => {
    await apply(work('w', stuck));
    const remove = ['delete', 'work', 'w', '--cluster=c1'];
    expect(await failToWait(...remove)).toMatch(
      /delete work w timeout, failed to delete in cluster c1: .*manifest-work-cleanup.*; --force removes its finalizers/,
    );
    expect(await succeed(...remove, '--force')).toBe('work w in cluster c1 is deleted\n');
    expect(await exists('-n', 'c1', 'manifestwork', 'w')).toBe(false);
    expect(await succeed(...remove)).toBe('work w not found or is already deleted\n');
  });

  test('all clusters are tried, and a dry run deletes none', async () => {
    await apply(work('w', []));
    await succeed('delete', 'work', 'w', '--clusters=c1,c2', '--dry-run');
    expect(await exists('-n', 'c1', 'manifestwork', 'w')).toBe(true);
    expect(await succeed('delete', 'work', 'w', '--clusters=c2,c1')).toBe(
      'work w not found or is already deleted\nwork w in cluster c1 is deleted\n',
    );
    expect(await fail('delete', 'work', 'w')).toContain('either --cluster or --clusters needs to be set');
    expect(await fail('delete', 'work')).toContain('work name must be specified');
  });
});

describe('add-ons', () => {
  const addonApi = 'addon.open-cluster-management.io';
  // Of the other version the API server would ask the webhook, which is not here.
  const managedAddon = `managedclusteraddons.v1alpha1.${addonApi}`;
  const managementAddon = `clustermanagementaddons.v1alpha1.${addonApi}`;
  let manifests: string;
  let configs: string;
  beforeAll(async () => {
    manifests = await harness.file(
      'agent.yaml',
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: agent, namespace: default }\n',
    );
    const config = (name: string) =>
      `apiVersion: ${addonApi}/v1alpha1\nkind: AddOnDeploymentConfig\nmetadata: { name: ${name}, namespace: shop }\nspec: {}\n`;
    configs = await harness.file(
      'configs.yaml',
      `${config('one')}---\n${config('two')}---\napiVersion: example.com/v1\nkind: Unknown\nmetadata: { name: x }\n`,
    );
  });
  const create = (...args: string[]) => ['addon', 'create', 'hello', '-f', manifests, ...args];

  test.each([
    [['addon', 'create'], 'addon name must be specified'],
    [['addon', 'create', 'a', 'b'], 'only one adon name can be specified'],
    [['addon', 'create', 'a'], 'manifest files must be specified'],
    [['addon', 'create', 'a', '--version='], 'addon version must be specified'],
    [['addon', 'create', 'a', '-f=x', '--labels=a=b=c'], "error parsing label 'a=b=c'."],
    [['addon', 'create', 'a', '-f=x', '--placement-ref=p'], "must be in the format 'namespace/name'"],
    [['addon', 'create', 'a', '-f=x', '--placement-ref=a/b/c'], "must be in the format 'namespace/name'"],
    [
      ['addon', 'create', 'a', '-f=x', '--placement-ref=a/ '],
      'placement-ref namespace and name cannot be empty',
    ],
    [['addon', 'enable', '--clusters=c1'], 'names is missing'],
    [['addon', 'enable', '--names=a'], 'either --cluster or --clusters needs to be set'],
    [['addon', 'enable', '--names=a', '--clusters=c1', '--annotate=a'], "error parsing annotation 'a'."],
    [['addon', 'disable'], 'names is missing'],
  ])('cli.md 77: %j is refused', async (args, message) => {
    expect(await fail(...args)).toContain(message);
    expect(await exists(managementAddon, 'a')).toBe(false);
  });

  test('cli.md 77 and 78: an add-on and its template', async () => {
    const line = (what: string) =>
      `ClusterManagementAddon hello is ${what}\nAddonTemplate hello-0.0.1 is ${what}\n`;
    await succeed(...create('--dry-run'));
    expect(await exists(managementAddon, 'hello')).toBe(false);
    const flags = ['--labels=team=a', '--hub-registration', '--cluster-role-bind=view'];
    expect(await succeed(...create(...flags))).toBe(line('created'));
    const addon = async () => get(managementAddon, 'hello');
    expect(await addon()).toMatchObject({
      metadata: { labels: { team: 'a' }, annotations: { [`${addonApi}/lifecycle`]: 'addon-manager' } },
      spec: {
        installStrategy: { type: 'Manual' },
        supportedConfigs: [
          { group: addonApi, resource: 'addontemplates', defaultConfig: { name: 'hello-0.0.1' } },
        ],
      },
    });
    expect(await get('addontemplate', 'hello-0.0.1')).toMatchObject({
      metadata: { labels: { team: 'a' } },
      spec: {
        addonName: 'hello',
        agentSpec: { workload: { manifests: [{ kind: 'ConfigMap', metadata: { name: 'agent' } }] } },
        registration: [
          {
            type: 'KubeClient',
            kubeClient: {
              hubPermissions: [{ type: 'CurrentCluster', currentCluster: { clusterRoleName: 'view' } }],
            },
          },
        ],
      },
    });

    expect(await succeed(...create())).toBe(line('not updated when overwrite is disabled'));
    expect(await succeed(...create('--overwrite', '--placement-ref= shop / p '))).toBe(line('updated'));
    expect((await addon()).spec.installStrategy).toEqual({
      type: 'Placements',
      placements: [{ namespace: 'shop', name: 'p', rolloutStrategy: { type: 'All' } }],
    });
    expect((await get('addontemplate', 'hello-0.0.1')).spec).not.toHaveProperty('registration');
  });

  const enable = (...args: string[]) => ['addon', 'enable', '--names=hello', ...args];
  const onC1 = () => get('-n', 'c1', managedAddon, 'hello');

  test('cli.md 79: an add-on is enabled on two clusters', async () => {
    expect(await fail(...enable('--clusters=c1,no'))).toContain('"no" not found');
    expect(await fail('addon', 'enable', '--names=hello,no', '--clusters=c1')).toContain(
      'enabling the unknown addon no is not supported',
    );
    await succeed(...enable('--clusters=c1', '--dry-run'));
    expect(await exists('-n', 'c1', managedAddon, 'hello')).toBe(false);
    expect(await succeed(...enable('--clusters=c1,c2', '--labels=team=a', '-n', 'agents'))).toBe(
      'Deploying hello add-on to namespaces agents of managed cluster: c1.\nDeploying hello add-on to namespaces agents of managed cluster: c2.\n',
    );
    const { metadata, spec } = await onC1();
    expect(metadata.labels).toEqual({ team: 'a' });
    expect(spec).toEqual({ installNamespace: 'agents' });
    expect(await exists('-n', 'c2', managedAddon, 'hello')).toBe(true);
  });

  test('cli.md 80: with configurations, in their order; what others said stays', async () => {
    expect(await fail(...enable('--clusters=c1', '--config-file=/none'))).toContain(
      'failed to read config file /none: ',
    );
    const broken = await harness.file('broken.yaml', 'a: [');
    expect(await fail(...enable('--clusters=c1', '--config-file', broken))).toContain(
      `failed to parse config file ${broken}: `,
    );
    await kubectl('annotate', '-n', 'c1', managedAddon, 'hello', 'mine=kept');
    const { code, stderr } = await harness.cli(
      ...enable('--clusters=c1', '--annotate=a=b', '--config-file', configs),
    );
    expect(code).toBe(0);
    expect(stderr).toContain(
      `a document of ${configs} is left out: the hub does not serve Unknown of example.com/v1`,
    );
    const reference = (name: string) => ({
      group: addonApi,
      resource: 'addondeploymentconfigs',
      namespace: 'shop',
      name,
    });
    const enabled = await onC1();
    expect(enabled.spec.configs).toEqual([reference('one'), reference('two')]);
    expect(enabled.metadata.annotations).toEqual({ mine: 'kept', a: 'b' });
    expect(await exists('-n', 'shop', 'addondeploymentconfig', 'two')).toBe(true);
    await succeed(...enable('--clusters=c1'));
    expect((await onC1()).spec.configs).toHaveLength(2);
  });

  test('10.4: how add-ons fare', async () => {
    const conditions = [condition('Available', 'True'), condition('ManifestApplied', 'False')];
    await setStatus({ conditions }, '-n', 'c1', managedAddon, 'hello');
    const metadata = {
      name: 'addon-hello-deploy-0',
      namespace: 'c1',
      labels: { 'open-cluster-management.io/addon-name': 'hello' },
    };
    const api1 = { apiVersion: 'work.open-cluster-management.io/v1', kind: 'ManifestWork' };
    await apply({ ...api1, metadata, spec: { workload: { manifests: [] } } });
    const resourceMeta = {
      ordinal: 0,
      group: '',
      version: 'v1',
      kind: 'ConfigMap',
      resource: 'configmaps',
      name: 'agent',
      namespace: 'default',
    };
    const manifests1 = [{ resourceMeta, conditions: [condition('Applied', 'True')] }];
    await setStatus({ resourceStatus: { manifests: manifests1 } }, '-n', 'c1', 'manifestwork', metadata.name);
    expect(await succeed('get', 'addon', '--clusters=c1')).toBe(`<ClusterManagementAddon> 
└── hello 
    └── c1 
        ├── ManifestWork 
        │   └── configmaps 
        │       └── default/agent applied
        └── Status 
            ├── Available Available -> true
            ├── ManifestApplied ManifestApplied -> false
            └── RegistrationApplied RegistrationApplied -> unknown
`);
    expect(await succeed('get', 'addon', '-o', 'table')).toMatch(/^NAME +INSTALLEDCLUSTERS\nhello +2\n$/);
    expect(await succeed('get', 'addon', 'other', '-o', 'table')).toBe('');
  });

  test('cli.md 81: an add-on is disabled', async () => {
    const disable = ['addon', 'disable', '--names=hello'];
    expect(await fail(...disable, '--clusters=no')).toContain('"no" not found');
    await succeed(...disable, '--dry-run');
    expect(await succeed(...disable, '--clusters=c1')).toBe(
      'Undeploying hello add-on in managed cluster: c1.\n',
    );
    expect(await succeed(...disable)).toBe(
      'hello add-on not found in cluster: c1.\nUndeploying hello add-on in managed cluster: c2.\n',
    );
  });
});

describe('formats of -o', () => {
  const conditions =
    '{.metadata.name}{"\\t"}{.status.conditions[?(@.type=="ManagedClusterJoined")].status}{"\\n"}';
  beforeAll(async () => {
    await kubectl('label', 'managedcluster', 'c2', 'example.com/region=eu');
    await setStatus({ conditions: [condition('ManagedClusterJoined', 'True')] }, 'managedcluster', 'c2');
  });

  test.each([
    'name',
    'jsonpath={.items[*].metadata.name}',
    `jsonpath={range .items[*]}${conditions}{end}`,
    String.raw`jsonpath={.items[?(@.metadata.labels.example\.com/region=="eu")].metadata.name}`,
    'jsonpath={.items[0].metadata.labels}{.items[1].status.conditions}',
    String.raw`custom-columns=NAME:.metadata.name,REGION:.metadata.labels.example\.com/region,TYPES:.status.conditions[*].type`,
  ])('cli.md 65: %s is what kubectl prints', async (output) => {
    expect(await succeed('get', 'clusters', '-o', output)).toBe(
      await kubectl('get', 'managedclusters', '-o', output),
    );
  });

  test('cli.md 65: wide has more, JSON is refused, and stdout holds nothing but the result', async () => {
    expect(await succeed('get', 'clusters', '-o', 'wide')).toMatch(
      /^NAME .* KUBERNETES VERSION +AGE +TAINTS +URL\n/,
    );
    for (const kind of ['clusters', 'clustersets', 'placements', 'addon']) {
      expect(await fail('get', kind, '-o', 'json')).toContain('Error: invalid output format');
    }
    const { stdout, stderr } = await harness.cli('get', 'clusters', '-o', 'name', '--dry-run');
    expect(stdout).toBe(await kubectl('get', 'managedclusters', '-o', 'name'));
    expect(stderr).toContain('running in dry-run mode');
    expect(await succeed('get', 'works', '-c', 'c1', 'none', '-o', 'name')).toBe('');
  });
});

describe('views', () => {
  test('a cluster: each step is named with what to do about it', async () => {
    expect(await succeed('get', 'cluster', 'no-such')).toMatch(
      /^ManagedCluster no-such: waits at: Join requested\n {2}waiting  Join requested  the hub has no ManagedCluster no-such\n +do: join it/,
    );
    const view = async () => JSON.parse(await succeed('get', 'cluster', 'c1', '-o', 'json'));
    const open = async () => (await view()).steps.find(({ state }: Any) => state !== 'done');
    expect(await open()).toMatchObject({
      step: 'Accepted by the hub',
      state: 'waiting',
      remedy: 'clusteradm accept --clusters c1',
    });
    await kubectl(
      'patch',
      'managedcluster',
      'c1',
      '--type=merge',
      '-p',
      '{"spec":{"hubAcceptsClient":true}}',
    );
    const types = ['HubAcceptedManagedCluster', 'ManagedClusterJoined', 'ManagedClusterConditionAvailable'];
    await setStatus(
      { conditions: types.slice(0, 1).map((type) => condition(type, 'True')) },
      'managedcluster',
      'c1',
    );
    expect(await open()).toMatchObject({ step: 'Certificate requested', state: 'waiting' });
    await setStatus({ conditions: types.map((type) => condition(type, 'True')) }, 'managedcluster', 'c1');
    expect(await open()).toMatchObject({ step: 'Lease', state: 'waiting' });
    const spec = { renewTime: '2026-01-01T00:00:00.000000Z', leaseDurationSeconds: 60, holderIdentity: 'c1' };
    await apply({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'managed-cluster-lease', namespace: 'c1' },
      spec,
    });
    const text = await succeed('get', 'cluster', 'c1');
    expect(text).toMatch(/^ManagedCluster c1: all is done\n/);
    expect(text).toMatch(/done +Available +tested \(for \d+d, since 2026-01-01T00:00:00Z\)/);
    expect(await succeed('get', 'cluster', 'c1', '-o', 'jsonpath={.steps[?(@.step=="Joined")].state}')).toBe(
      'done',
    );
    expect(await succeed('get', 'cluster', 'c1', '-o', 'yaml')).toMatch(
      /^kind: ManagedCluster\nname: c1\nsteps:\n/,
    );
    expect(await fail('get', 'cluster')).toBe('Error: the name of the cluster must be specified\n');
    expect(await fail('get', 'cluster', 'C')).toContain('a cluster cannot be named "C"');
    expect(await fail('get', 'cluster', 'c1', '-o', 'xml')).toContain('invalid output format');
  });

  test('a work: the manifest that is refused, and why', async () => {
    const manifests2 = [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } }];
    const metadata = { name: 'stuck', namespace: 'c1' };
    const kind = { apiVersion: 'work.open-cluster-management.io/v1', kind: 'ManifestWork' };
    await apply({ ...kind, metadata, spec: { workload: { manifests: manifests2 } } });
    const view = async () => succeed('get', 'work', 'stuck', '--cluster=c1');
    expect(await view()).toMatch(/^ManifestWork c1\/stuck: waits at: Applied\n/);
    const { generation: observedGeneration } = (await get('-n', 'c1', 'manifestwork', 'stuck')).metadata;
    const refused = {
      ...condition('Applied', 'False'),
      message: 'configmaps "a" is forbidden: User "work" cannot create resource "configmaps"',
    };
    const resourceMeta = {
      ordinal: 0,
      kind: 'ConfigMap',
      resource: 'configmaps',
      namespace: 'shop',
      name: 'a',
    };
    const status = {
      conditions: [{ ...condition('Applied', 'False'), observedGeneration }],
      resourceStatus: { manifests: [{ resourceMeta, conditions: [refused] }] },
    };
    await setStatus(status, '-n', 'c1', 'manifestwork', 'stuck');
    const text = await view();
    expect(text).toMatch(/failed +ConfigMap shop\/a +Applied is False: Tested: configmaps "a" is forbidden/);
    expect(text).toMatch(/do: give the right on the cluster to the work agent/);
    const both = JSON.parse(await succeed('get', 'work', 'stuck', '--clusters=c1', '-o', 'json'));
    expect(both.steps.find(({ step }: Any) => step === 'Cluster').state).toBe('done');
    expect(await fail('get', 'work', 'stuck')).toContain('either --cluster or --clusters needs to be set');
    expect(await fail('get', 'work', 'stuck', '-c', 'c2')).toContain('"stuck" not found');
    await kubectl('-n', 'c1', 'delete', 'manifestwork', 'stuck');
  });
});

describe('upgrade', () => {
  const imageOf = ({ spec }: Any): string => spec.template.spec.containers[0].image;
  const namespace = 'open-cluster-management';

  test('cli.md 60: a hub changes its images, and keeps the rest', async () => {
    const flags = [
      '--registration-drivers=csr,grpc',
      '--grpc-server=grpc.example.com',
      '--feature-gates=DefaultClusterSet=false',
    ];
    await succeed('init', ...flags, '--enable-sync-labels');
    await kubectl('-n', namespace, 'scale', 'deployment/cluster-manager', '--replicas=2');
    await kubectl(
      'patch',
      'clustermanager',
      'cluster-manager',
      '--type=merge',
      '-p',
      '{"spec":{"nodePlacement":{"nodeSelector":{"a":"b"}}}}',
    );
    const before = (await get('clustermanager', 'cluster-manager')).spec;

    const dry = await succeed('upgrade', 'clustermanager', '--bundle-version', 'latest', '--dry-run');
    expect(dry).toContain('registration:latest');
    expect((await get('clustermanager', 'cluster-manager')).spec).toEqual(before);

    const preview = await succeed('upgrade', 'clustermanager', '--bundle-version', 'latest', '--preview');
    expect(preview).toContain('ClusterManager cluster-manager\n  spec.addOnManagerImagePullSpec: ');
    expect((await get('clustermanager', 'cluster-manager')).spec).toEqual(before);
    expect(await fail('upgrade', 'clustermanager', '--undo')).toContain('there is nothing to undo: ');

    expect(await succeed('upgrade', 'clustermanager', '--bundle-version', 'latest')).toBe(
      'clustermanager installed. starting upgrade\nupgraded completed successfully\n',
    );
    const after = (await get('clustermanager', 'cluster-manager')).spec;
    for (const image of Object.keys(before).filter((field) => field.endsWith('ImagePullSpec')))
      expect(after[image]).toMatch(/:latest$/);
    const rest = (spec: Any) =>
      Object.fromEntries(Object.entries(spec).filter(([field]) => !field.endsWith('ImagePullSpec')));
    expect(rest(after)).toEqual(rest(before));
    const operator = await get('-n', namespace, 'deployment', 'cluster-manager');
    expect(imageOf(operator)).toMatch(/\/registration-operator:latest$/);
    expect(operator.spec.replicas).toBe(2);
    const undo = await succeed('upgrade', 'clustermanager', '--undo', '--dry-run');
    expect(undo).toContain(
      `spec.workImagePullSpec: "${after.workImagePullSpec}" -> "${before.workImagePullSpec}"`,
    );
    expect(undo).toContain(`Deployment ${namespace}/cluster-manager\n`);
    expect(operator.spec.template.spec.containers[0].args).toContain('--enable-sync-labels');
    expect(await exists('clusterrole', 'open-cluster-management:bootstrap')).toBe(true);
  });

  test('a hub that does not get there ends the wait with what is missing', async () => {
    expect(await failToWait('upgrade', 'clustermanager', '--wait')).toMatch(
      /timed out after \d+s waiting for registration operator to become ready: . of 2 Pods are of the new version, 0 available/,
    );
  });

  test('cli.md 61 and 62: a klusterlet takes values, and keeps its name and mode', async () => {
    const token = JSON.parse(await succeed('get', 'token', '-o', 'json'))['hub-token'];
    const hub = ['--hub-token', token, '--hub-apiserver', harness.cluster().server];
    await succeed('join', ...hub, '--cluster-name', 'c1', '--bundle-version=0.3.0');
    const before = (await get('klusterlet', 'klusterlet')).spec;
    // One of before resource requirements were a field.
    await kubectl(
      'patch',
      'klusterlet',
      'klusterlet',
      '--type=json',
      '-p',
      '[{"op":"remove","path":"/spec/resourceRequirement"}]',
    );
    expect(await succeed('upgrade', 'klusterlet')).toBe(
      'Klusterlet installed. starting upgrade \nupgraded completed successfully\n',
    );
    const plain = (await get('klusterlet', 'klusterlet')).spec;
    expect(plain).toMatchObject({
      clusterName: 'c1',
      namespace: before.namespace,
      deployOption: before.deployOption,
      registrationConfiguration: before.registrationConfiguration,
      externalServerURLs: before.externalServerURLs,
    });
    expect(plain).not.toHaveProperty('resourceRequirement');
    expect(plain.registrationImagePullSpec).not.toBe(before.registrationImagePullSpec);

    const values = await harness.file(
      'values.yaml',
      `nodeSelector: { disk: fast }
tolerations: [{ key: a, operator: Exists }]
klusterlet:
  nodePlacement: { nodeSelector: { disk: fast } }
  registrationConfiguration: { featureGates: [{ feature: AddonManagement, mode: Disable }] }
`,
    );
    await succeed('upgrade', 'klusterlet', '--klusterlet-values-file', values);
    const tuned = (await get('klusterlet', 'klusterlet')).spec;
    expect(tuned).toMatchObject({
      clusterName: 'c1',
      nodePlacement: { nodeSelector: { disk: 'fast' } },
      registrationConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }] },
    });
    const { spec } = (await get('-n', namespace, 'deployment', 'klusterlet')).spec.template;
    expect(spec).toMatchObject({
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
    });

    // What was chosen once stays without the file.
    await succeed('upgrade', 'klusterlet', '--bundle-version=latest');
    expect((await get('-n', namespace, 'deployment', 'klusterlet')).spec.template.spec).toMatchObject({
      nodeSelector: { disk: 'fast' },
      tolerations: [{ key: 'a', operator: 'Exists' }],
    });
    expect(await fail('upgrade', 'klusterlet', '--klusterlet-name=no')).toContain('"no" not found');
    expect(await fail('upgrade', 'klusterlet', '--bundle-version=9')).toContain(
      "couldn't find the requested version bundle: 9",
    );
  });

  describe('many klusterlets, from their hub', () => {
    const clusters = ['f1', 'f2', 'f3'];
    const stop = new AbortController();
    const refused = new Set<string>();
    let followers: Promise<void>[];
    let contexts: string;

    const health = (cluster: string, status: 'True' | 'False') =>
      setStatus(
        { conditions: [condition('ManagedClusterConditionAvailable', status)] },
        'managedcluster',
        cluster,
      );
    const tagOf = async (cluster: string) =>
      (await get('klusterlet', cluster)).spec.workImagePullSpec.split(':').at(-1);
    const tags = () => Promise.all(clusters.map(tagOf));
    const upgradeAll = (...flags: string[]) => ['upgrade', 'klusterlet', contexts, ...flags];
    const byLabel = ['--selector=fleet=yes', '--waves=1'];

    /** What the operators do for Klusterlets, where no node runs agents: they say how these fare, over outages too. */
    const operate = async (client: Client): Promise<void> => {
      while (!stop.signal.aborted)
        await follow(client).catch((error: unknown) => {
          if (!(error instanceof ConnectionError)) throw error;
        });
    };
    const follow = async (client: Client): Promise<void> => {
      for await (const event of client.watch(klusterlets, { sendInitialEvents: true, signal: stop.signal })) {
        if (event.type === 'BOOKMARK' || event.type === 'DELETED') continue;
        const { metadata, spec, status } = event.object;
        const cluster = spec?.clusterName ?? '';
        const applied = refused.has(cluster)
          ? { ...condition('Applied', 'False'), reason: 'UpgradeUnsupported', message: 'a step too far' }
          : condition('Applied', 'True');
        if (!clusters.includes(cluster)) continue;
        if (status?.observedGeneration === metadata.generation) continue;
        const degraded = ['RegistrationDesiredDegraded', 'WorkDesiredDegraded'];
        const conditions = [applied, ...degraded.map((type) => condition(type, 'False'))];
        const body = { status: { observedGeneration: metadata.generation, conditions } };
        await client.patch(klusterlets, metadata, { type: 'merge', body }, { subresource: 'status' });
      }
    };
    /** What agents do: they renew the leases of their clusters, over and over. */
    const renew = async (client: Client): Promise<void> => {
      for (let beat = 0; !stop.signal.aborted; beat += 1) {
        for (const namespace of clusters) {
          const renewTime = new Date(beat * 1000).toISOString().replace('Z', '000Z');
          const lease = { metadata: { name: 'managed-cluster-lease', namespace }, spec: { renewTime } };
          await client.apply(leases, lease, { fieldManager: 'agent' });
        }
        await setTimeout(100);
      }
    };

    beforeAll(async () => {
      const context = (await kubectl('config', 'current-context')).trim();
      contexts = `--cluster-contexts=${clusters.map((name) => `${name}=${context}`).join(',')}`;
      for (const name of clusters) {
        const labels = { fleet: 'yes' };
        await kubectl('create', 'namespace', name);
        await apply({
          apiVersion: `${api}/v1`,
          kind: 'ManagedCluster',
          metadata: { name, labels },
          spec: {},
        });
        await health(name, 'True');
        await apply({
          apiVersion: 'operator.open-cluster-management.io/v1',
          kind: 'Klusterlet',
          metadata: { name },
          spec: {
            clusterName: name,
            deployOption: { mode: 'Hosted' },
            registrationImagePullSpec: 'example.com/registration:v0.3.0',
            workImagePullSpec: 'example.com/work:v0.3.0',
          },
        });
      }
      const client = connect(loadConnection(harness.cluster().kubeconfigPath), {
        userAgent: 'agents',
        requestTimeoutMs: patience,
      });
      followers = [operate(client), renew(client)];
    });
    afterAll(async () => {
      stop.abort();
      const ended = await Promise.allSettled(followers ?? []);
      for (const one of ended)
        if (one.status === 'rejected' && one.reason?.name !== 'AbortError') throw one.reason;
    });

    test.each([
      [['--selector=fleet=yes', '--placement=a/b'], '--placement and --selector can only specify one'],
      [['--waves=2'], '--waves needs clusters to upgrade: name them with --placement or --selector'],
      [['--selector=fleet=yes', '--klusterlet-name=x'], '--klusterlet-name is for one cluster'],
      [['--selector=fleet=yes', '--waves=0'], '--waves takes numbers and percentages of clusters'],
      [['--selector=fleet=no'], 'no cluster has the labels fleet=no'],
      [['--placement=shop'], 'the name of the placement shop must be in the format of <namespace>/<name>'],
      [['--placement=shop/none'], '"none" not found'],
      [
        ['--selector=fleet=yes'],
        'cluster f1, context f1: ',
        'if it is reached by another context, say so with --cluster-contexts f1=CONTEXT',
      ],
    ])('%j is refused, and nothing changes', async (flags, ...messages) => {
      const stderr = await fail('upgrade', 'klusterlet', ...flags);
      for (const message of messages) expect(stderr).toContain(message);
      expect(await tags()).toEqual(['v0.3.0', 'v0.3.0', 'v0.3.0']);
    });

    test('cli.md 9, 21: what would change is said of each cluster, by object and field', async () => {
      const preview = await succeed(...upgradeAll(...byLabel, '--preview'));
      for (const [index, cluster] of clusters.entries()) {
        expect(preview).toContain(`# ${cluster}, in wave ${index + 1} of 3\nKlusterlet ${cluster}\n`);
      }
      expect(preview).toContain('  spec.workImagePullSpec: "example.com/work:v0.3.0" -> ');
      expect(await succeed(...upgradeAll(...byLabel, '--dry-run'))).toContain('# f3, in wave 3 of 3\n---\n');
      expect(await tags()).toEqual(['v0.3.0', 'v0.3.0', 'v0.3.0']);
    });

    test('cli.md 9, 21: all clusters are looked at before the first is touched', async () => {
      await health('f3', 'False');
      expect(await fail(...upgradeAll(...byLabel))).toContain(
        '[ERROR f3 Health check]: the hub does not find it available: tested',
      );
      expect(await tags()).toEqual(['v0.3.0', 'v0.3.0', 'v0.3.0']);
      await health('f3', 'True');
    });

    test('cli.md 9, 21: a cluster that does not become healthy stops the waves after it', async () => {
      refused.add('f2');
      const { code, stdout, stderr } = await harness.cli(...upgradeAll(...byLabel));
      expect({ code, stdout }).toEqual({
        code: 1,
        stdout: 'Wave 1 of 3: f1\n[f1] is upgraded\nWave 2 of 3: f2\n',
      });
      expect(stderr).toContain('Error: wave 2 of 3 failed; f3 stay as they are\n');
      expect(stderr).toContain('cluster f2: the operator refuses: a step too far\n');
      expect(stderr).toContain('[f1] Its agents are back.\n');
      expect(await tags()).toEqual(['v0.4.0', 'v0.4.0', 'v0.3.0']);
    });

    test('cli.md 9, 21: once the cause is gone the same command goes on', async () => {
      refused.clear();
      await kubectl(
        'patch',
        'klusterlet',
        'f2',
        '--subresource=status',
        '--type=merge',
        '-p',
        '{"status":{"observedGeneration":0}}',
      );
      await waitFor('f2 is healthy', async () => {
        const { status } = await get('klusterlet', 'f2');
        return status.conditions.some(
          ({ type, status: holds }: Any) => type === 'Applied' && holds === 'True',
        );
      });
      expect(await succeed(...upgradeAll(...byLabel))).toBe(
        `Wave 1 of 3: f1
[f1] is at this version already
Wave 2 of 3: f2
[f2] is at this version already
Wave 3 of 3: f3
[f3] is upgraded
upgraded completed successfully
`,
      );
      expect(await tags()).toEqual(['v0.4.0', 'v0.4.0', 'v0.4.0']);
    });

    test('cli.md 9, 21: groups of a placement go one after the other, back as well', async () => {
      const metadata = { name: 'fleet', namespace: 'shop' };
      await apply({ apiVersion: `${api}/v1beta1`, kind: 'Placement', metadata, spec: {} });
      for (const [index, group] of [['f1'], ['f3', 'f2']].entries()) {
        const name = `fleet-decision-${index + 1}`;
        const labels = { [`${api}/placement`]: 'fleet', [`${api}/decision-group-index`]: `${index}` };
        const decision = { apiVersion: `${api}/v1beta1`, kind: 'PlacementDecision' };
        await apply({ ...decision, metadata: { name, namespace: 'shop', labels } });
        const decisions = group.map((clusterName) => ({ clusterName, reason: '' }));
        await setStatus({ decisions }, '-n', 'shop', 'placementdecision', name);
      }
      const back = upgradeAll('--placement=shop/fleet', '--waves=100%', '--undo');
      expect(await succeed(...back, '--preview')).toContain('# f3, in wave 2 of 2\nKlusterlet f3\n');
      expect(await tags()).toEqual(['v0.4.0', 'v0.4.0', 'v0.4.0']);
      const stdout = await succeed(...back);
      expect(stdout).toMatch(/^Wave 1 of 2: f1\n\[f1\] is as it was\nWave 2 of 2: f2, f3\n/);
      expect(stdout).toMatch(/\nthe upgrade is undone\n$/);
      for (const name of clusters) {
        const { metadata: found, spec } = await get('klusterlet', name);
        expect(found.annotations).toBeUndefined();
        expect(spec).toEqual(
          expect.objectContaining({
            registrationImagePullSpec: 'example.com/registration:v0.3.0',
            workImagePullSpec: 'example.com/work:v0.3.0',
          }),
        );
        expect(spec).not.toHaveProperty('imagePullSpec');
      }
      expect(await succeed(...back)).toContain('[f1] there is nothing to undo\n');
    });
  });

  test('cli.md 63: what is no hub is not upgraded', async () => {
    await kubectl('delete', 'clustermanager', '--all');
    expect(await fail('upgrade', 'clustermanager')).toBe('Error: clustermanager is not installed\n');
  });
});
