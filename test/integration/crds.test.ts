import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';

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

type Fields = Record<string, unknown>;

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
}, 60_000);

afterAll(() => controlPlane?.stop(), 30_000);

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

const condition = (type: string, status: string, reason = 'Because') => ({
  type,
  status,
  reason,
  message: '',
  lastTransitionTime: '2026-01-01T00:00:00Z',
});

const work = (manifestConfig: Fields) => ({
  spec: {
    manifestConfigs: [{ resourceIdentifier: { resource: 'configmaps', name: 'a' }, ...manifestConfig }],
  },
});
const allAtOnce = { all: { maxFailures: 0, minSuccessTime: '0', progressDeadline: 'None' } };

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
    const text = await kubectl(['explain', 'klusterlet.spec.deployOption.mode']);
    expect(text).toContain('Singleton one agent for both');
  });
});

describe('defaults', () => {
  test.each<[name: string, kind: string, given: Fields, stored: Fields]>([
    [
      'operator.md 11: a ClusterManager without a spec',
      'ClusterManager',
      {},
      { spec: { deployOption: { mode: 'Default' } } },
    ],
    [
      'operator.md 11: a ClusterManager with an empty spec',
      'ClusterManager',
      { spec: {} },
      {
        spec: {
          addOnManagerImagePullSpec: 'quay.io/open-cluster-management/addon-manager',
          deployOption: { mode: 'Default' },
          placementImagePullSpec: 'quay.io/open-cluster-management/placement',
          registrationImagePullSpec: 'quay.io/open-cluster-management/registration',
          workConfiguration: { workDriver: 'kube' },
          workImagePullSpec: 'quay.io/open-cluster-management/work',
        },
      },
    ],
    [
      'ports of webhooks',
      'ClusterManager',
      {
        spec: {
          deployOption: {
            mode: 'Hosted',
            default: { workWebhookConfiguration: { bindConfiguration: {} } },
            hosted: { workWebhookConfiguration: { address: 'hub.example.com' } },
          },
        },
      },
      {
        spec: {
          deployOption: {
            default: {
              workWebhookConfiguration: {
                bindConfiguration: { healthProbePort: 8000, metricsPort: 8080, port: 9443 },
              },
            },
            hosted: { workWebhookConfiguration: { port: 443 } },
          },
        },
      },
    ],
    ['a Klusterlet has no defaults of its own', 'Klusterlet', { spec: {} }, { spec: {} }],
    [
      'a Klusterlet with empty parts',
      'Klusterlet',
      {
        spec: {
          registrationConfiguration: {
            bootstrapKubeConfigs: { localSecretsConfig: { kubeConfigSecrets: [] } },
            clusterClaimConfiguration: {},
            featureGates: [{ feature: 'MultipleHubs' }],
            registrationDriver: {},
          },
          resourceRequirement: {},
          workConfiguration: {},
        },
      },
      {
        spec: {
          registrationConfiguration: {
            bootstrapKubeConfigs: {
              localSecretsConfig: { hubConnectionTimeoutSeconds: 600 },
              type: 'None',
            },
            clusterClaimConfiguration: { maxCustomClusterClaims: 20 },
            featureGates: [{ feature: 'MultipleHubs', mode: 'Disable' }],
            kubeAPIBurst: 100,
            kubeAPIQPS: 50,
            registrationDriver: { authType: 'csr' },
          },
          resourceRequirement: { type: 'Default' },
          workConfiguration: { hubKubeAPIBurst: 100, hubKubeAPIQPS: 50, kubeAPIBurst: 100, kubeAPIQPS: 50 },
        },
      },
    ],
    ['a lease duration', 'ManagedCluster', { spec: {} }, { spec: { leaseDurationSeconds: 60 } }],
    [
      'the selector of a cluster set',
      'ManagedClusterSet',
      {},
      { spec: { clusterSelector: { selectorType: 'ExclusiveClusterSetLabel' } } },
    ],
    [
      'a Placement with empty parts',
      'Placement',
      {
        spec: {
          decisionStrategy: { groupStrategy: {} },
          prioritizerPolicy: { configurations: [{ scoreCoordinate: { builtIn: 'Steady' } }] },
          spreadPolicy: { spreadConstraints: [{ topologyKey: 'region', topologyKeyType: 'Label' }] },
          tolerations: [{}],
        },
      },
      {
        spec: {
          decisionStrategy: { groupStrategy: { clustersPerDecisionGroup: '100%' } },
          prioritizerPolicy: {
            configurations: [{ scoreCoordinate: { builtIn: 'Steady', type: 'BuiltIn' }, weight: 1 }],
            mode: 'Additive',
          },
          scoreRateLimit: '1m',
          sortBy: 'ClusterName',
          spreadPolicy: { spreadConstraints: [{ maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway' }] },
          tolerations: [{ operator: 'Equal' }],
        },
      },
    ],
    [
      'a ManifestWork with empty parts',
      'ManifestWork',
      {
        spec: {
          deleteOption: {},
          manifestConfigs: [
            {
              resourceIdentifier: { resource: 'configmaps', name: 'a' },
              updateStrategy: { serverSideApply: { ignoreFields: [{ jsonPaths: ['.data'] }] } },
            },
          ],
        },
      },
      {
        spec: {
          deleteOption: { propagationPolicy: 'Foreground' },
          manifestConfigs: [
            {
              feedbackScrapeType: 'Poll',
              updateStrategy: {
                serverSideApply: {
                  fieldManager: 'work-agent',
                  ignoreFields: [{ condition: 'OnSpokePresent', jsonPaths: ['.data'] }],
                },
                type: 'Update',
              },
            },
          ],
        },
      },
    ],
    [
      'the rollout of a ManifestWorkReplicaSet',
      'ManifestWorkReplicaSet',
      { spec: { placementRefs: [{ name: 'all', rolloutStrategy: { all: {} } }] } },
      {
        spec: {
          cascadeDeletionPolicy: 'Background',
          placementRefs: [{ name: 'all', rolloutStrategy: { ...allAtOnce, type: 'All' } }],
        },
      },
    ],
    [
      'the installation of an add-on',
      'ClusterManagementAddOn',
      { spec: {} },
      { spec: { installStrategy: { type: 'Manual' } } },
    ],
    [
      'the namespace of an add-on',
      'ManagedClusterAddOn',
      { spec: {} },
      { spec: { installNamespace: 'open-cluster-management-agent-addon' } },
    ],
    [
      'the namespace of an add-on deployment',
      'AddOnDeploymentConfig',
      { spec: {} },
      { spec: { agentInstallNamespace: 'open-cluster-management-agent-addon' } },
    ],
  ])('%s', async (_, kind, given, stored) => {
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
  const hubArn = (hubClusterArn: string) => ({
    spec: {
      registrationConfiguration: {
        registrationDrivers: [{ authType: 'awsirsa', awsirsa: { hubClusterArn } }],
      },
    },
  });
  const registration = (fields: Fields) => ({ spec: { registrationConfiguration: fields } });
  const celRule = (rule: Fields) => work({ conditionRules: [rule] });
  const subject = (serviceAccount: Fields, type = 'ServiceAccount') => ({
    spec: { executor: { subject: { type, serviceAccount } } },
  });
  const rollout = (rolloutStrategy: Fields) => ({
    spec: { placementRefs: [{ name: 'all', rolloutStrategy }] },
  });
  const taint = (fields: Fields) => ({ spec: { taints: [{ key: 'a', effect: 'NoSelect', ...fields }] } });
  const group = (groupName: string) => ({
    spec: {
      decisionStrategy: { groupStrategy: { decisionGroups: [{ groupName, groupClusterSelector: {} }] } },
    },
  });

  test.each<[name: string, kind: string, given: Fields, message: string]>([
    [
      'operator.md 12: mode Singleton of a hub',
      'ClusterManager',
      { spec: { deployOption: { mode: 'Singleton' } } },
      'Unsupported value: "Singleton"',
    ],
    [
      'operator.md 12: bad ARN',
      'ClusterManager',
      hubArn('arn:aws:eks:us-west-2:12:cluster/hub'),
      'hubClusterArn',
    ],
    [
      'operator.md 12: port 70000',
      'ClusterManager',
      {
        spec: {
          deployOption: {
            mode: 'Default',
            default: { workWebhookConfiguration: { bindConfiguration: { port: 70_000 } } },
          },
        },
      },
      'should be less than or equal to 65535',
    ],
    [
      'operator.md 12: bad webhook address',
      'ClusterManager',
      {
        spec: {
          deployOption: { mode: 'Hosted', hosted: { workWebhookConfiguration: { address: 'https://hub' } } },
        },
      },
      'hosted.workWebhookConfiguration.address',
    ],
    [
      'operator.md 12: duplicate authType',
      'ClusterManager',
      registration({ registrationDrivers: [{ authType: 'csr' }, { authType: 'csr' }] }),
      'Duplicate value',
    ],
    ['operator.md 82: namespace prefix', 'Klusterlet', { spec: { namespace: 'agents' } }, 'spec.namespace'],
    [
      'operator.md 82: namespace of 58 characters',
      'Klusterlet',
      { spec: { namespace: 'open-cluster-management-'.padEnd(58, 'a') } },
      'Too long',
    ],
    [
      'operator.md 82: upper-case cluster name',
      'Klusterlet',
      { spec: { clusterName: 'Cluster1' } },
      'spec.clusterName',
    ],
    [
      'operator.md 82: bad host alias address',
      'Klusterlet',
      { spec: { hubApiServerHostAlias: { ip: '300.1.1.1', hostname: 'hub' } } },
      'hubApiServerHostAlias.ip',
    ],
    [
      'operator.md 82: hubConnectionTimeoutSeconds 100',
      'Klusterlet',
      registration({
        bootstrapKubeConfigs: {
          type: 'LocalSecrets',
          localSecretsConfig: { kubeConfigSecrets: [{ name: 'a' }], hubConnectionTimeoutSeconds: 100 },
        },
      }),
      'should be greater than or equal to 180',
    ],
    [
      'operator.md 82: 11 claim suffixes',
      'Klusterlet',
      registration({
        clusterClaimConfiguration: {
          reservedClusterClaimSuffixes: Array.from({ length: 11 }, (_, i) => `s${i}`),
        },
      }),
      'must have at most 10 items',
    ],
    [
      'operator.md 82: duration 5x',
      'Klusterlet',
      { spec: { workConfiguration: { statusSyncInterval: '5x' } } },
      'workConfiguration.statusSyncInterval',
    ],
    [
      'a condition rule of type CEL without a condition',
      'ManifestWork',
      celRule({ type: 'CEL', condition: '', celExpressions: ['true'] }),
      'Condition is required for CEL rules',
    ],
    [
      'the same in a template',
      'ManifestWorkReplicaSet',
      {
        spec: {
          placementRefs: [{ name: 'all' }],
          manifestWorkTemplate: celRule({ type: 'CEL', condition: '' }).spec,
        },
      },
      'Condition is required for CEL rules',
    ],
    [
      'the same in an add-on template',
      'AddOnTemplate',
      { spec: { addonName: 'a', agentSpec: celRule({ type: 'CEL', condition: '' }).spec } },
      'Condition is required for CEL rules',
    ],
    [
      'two condition rules for one condition',
      'ManifestWork',
      work({
        conditionRules: [
          { type: 'CEL', condition: 'Ready' },
          { type: 'WellKnownConditions', condition: 'Ready' },
        ],
      }),
      'Duplicate value',
    ],
    [
      'an executor that is a User',
      'ManifestWork',
      subject({ namespace: 'a', name: 'a' }, 'User'),
      'Unsupported value',
    ],
    [
      'an executor without a name',
      'ManifestWork',
      subject({ namespace: 'a', name: '' }),
      'serviceAccount.name',
    ],
    [
      'an executor in upper case',
      'ManifestWork',
      subject({ namespace: 'A', name: 'a' }),
      'serviceAccount.namespace',
    ],
    [
      'a field manager that is not the agent',
      'ManifestWork',
      work({ updateStrategy: { type: 'ServerSideApply', serverSideApply: { fieldManager: 'kubectl' } } }),
      'serverSideApply.fieldManager',
    ],
    [
      'an unknown update strategy',
      'ManifestWork',
      work({ updateStrategy: { type: 'Replace' } }),
      'updateStrategy.type',
    ],
    [
      'a manifest without a kind',
      'ManifestWork',
      { spec: { workload: { manifests: [{ apiVersion: 'v1', metadata: { name: 'a' } }] } } },
      'manifests[0].kind',
    ],
    [
      'no placement',
      'ManifestWorkReplicaSet',
      { spec: { placementRefs: [] } },
      'should have at least 1 items',
    ],
    [
      'a deadline that is no duration',
      'ManifestWorkReplicaSet',
      rollout({ type: 'All', all: { progressDeadline: 'soon' } }),
      'all.progressDeadline',
    ],
    [
      'more than all clusters failing',
      'ManifestWorkReplicaSet',
      rollout({ type: 'Progressive', progressive: { maxFailures: '101%' } }),
      'progressive.maxFailures',
    ],
    [
      'a taint effect of nodes',
      'ManagedCluster',
      taint({ effect: 'NoSchedule' }),
      'Unsupported value: "NoSchedule"',
    ],
    ['a taint key with a space', 'ManagedCluster', taint({ key: 'a b' }), 'spec.taints[0].key'],
    [
      'an unknown selector type',
      'ManagedClusterSet',
      { spec: { clusterSelector: { selectorType: 'LegacyClusterSetLabel' } } },
      'clusterSelector.selectorType',
    ],
    [
      'a managed namespace twice',
      'ManagedClusterSet',
      { spec: { managedNamespaces: [{ name: 'a' }, { name: 'a' }] } },
      'Duplicate value',
    ],
    ['a binding to no set', 'ManagedClusterSetBinding', { spec: { clusterSet: '' } }, 'spec.clusterSet'],
    ['an empty claim', 'ClusterClaim', { spec: { value: '' } }, 'spec.value'],
    ['a claim that is too long', 'ClusterClaim', { spec: { value: 'x'.repeat(1025) } }, 'Too long'],
    ['an empty property', 'ClusterProperty', { spec: { value: '' } }, 'spec.value'],
    ['a group name of one letter', 'Placement', group('a'), 'groupName'],
    [
      'a weight of 11',
      'Placement',
      { spec: { prioritizerPolicy: { configurations: [{ scoreCoordinate: {}, weight: 11 }] } } },
      'should be less than or equal to 10',
    ],
    [
      'a container without a workload',
      'AddOnDeploymentConfig',
      { spec: { resourceRequirements: [{ containerID: 'deployments:a', resources: {} }] } },
      'containerID',
    ],
    [
      'an add-on configuration without a name',
      'ClusterManagementAddOn',
      { spec: { supportedConfigs: [{ resource: '' }] } },
      'supportedConfigs[0].resource',
    ],
  ])('%s', async (_, kind, given, message) => {
    await expect(accepted(kind, given)).rejects.toThrow(message);
  });

  test.each<[name: string, kind: string, fields: Fields, status: Fields, message: string]>([
    [
      'a score of 101',
      'AddOnPlacementScore',
      {},
      { scores: [{ name: 'a', value: 101 }] },
      'less than or equal to 100',
    ],
    [
      'a raw value of 1025 characters',
      'ManifestWork',
      {},
      {
        resourceStatus: {
          manifests: [
            {
              conditions: [],
              resourceMeta: { ordinal: 0 },
              statusFeedback: {
                values: [{ name: 'a', fieldValue: { type: 'JsonRaw', jsonRaw: 'x'.repeat(1025) } }],
              },
            },
          ],
        },
      },
      'Too long',
    ],
    [
      'a reason with a space',
      'Klusterlet',
      {},
      { conditions: [condition('Applied', 'False', 'It failed')] },
      'status.conditions[0].reason',
    ],
    [
      'two conditions of one type',
      'ManagedCluster',
      { spec: {} },
      { conditions: [condition('Deleting', 'True'), condition('Deleting', 'False')] },
      'Duplicate value',
    ],
    [
      'an empty claim',
      'ManagedCluster',
      { spec: {} },
      { clusterClaims: [{ name: 'a', value: '' }] },
      'value',
    ],
  ])('%s in a status', async (what, kind, fields, status, message) => {
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
          .replace(/^\d+m?\d*s$/, '<age>'),
      ),
    );
  };

  test.each<[kind: string, object: Fields, header: string[], row: string[]]>([
    [
      'ClusterManager',
      { status: { conditions: [condition('Applied', 'True'), condition('Progressing', 'False')] } },
      ['NAME', 'MODE', 'APPLIED', 'PROGRESSING', 'AGE'],
      ['printed', 'Default', 'True', 'False', '<age>'],
    ],
    [
      'Klusterlet',
      {
        spec: { clusterName: 'c1', deployOption: { mode: 'Singleton' } },
        status: {
          conditions: [
            condition('Applied', 'True'),
            condition('Available', 'True'),
            condition('HubConnectionDegraded', 'False'),
          ],
        },
      },
      ['NAME', 'MODE', 'CLUSTER', 'APPLIED', 'AVAILABLE', 'HUB DEGRADED', 'AGE'],
      ['printed', 'Singleton', 'c1', 'True', 'True', 'False', '<age>'],
    ],
    [
      'ManagedCluster',
      {
        spec: {
          hubAcceptsClient: true,
          managedClusterClientConfigs: [{ url: 'https://c1' }, { url: 'https://c2' }],
        },
        status: {
          conditions: [
            condition('ManagedClusterJoined', 'True'),
            condition('ManagedClusterConditionAvailable', 'Unknown'),
          ],
        },
      },
      ['NAME', 'HUB ACCEPTED', 'MANAGED CLUSTER URLS', 'JOINED', 'AVAILABLE', 'AGE'],
      // The API server prints the first match of a path only.
      ['printed', 'true', 'https://c1', 'True', 'Unknown', '<age>'],
    ],
    [
      'ManagedClusterSet',
      { status: { conditions: [condition('ClusterSetEmpty', 'True')] } },
      ['NAME', 'EMPTY', 'AGE'],
      ['printed', 'True', '<age>'],
    ],
    ['ManagedClusterSetBinding', { spec: { clusterSet: 'printed' } }, ['NAME', 'AGE'], ['printed', '<age>']],
    ['ClusterClaim', { spec: { value: 'x' } }, ['NAME', 'AGE'], ['printed', '<age>']],
    ['ClusterProperty', { spec: { value: 'x' } }, ['NAME', 'VALUE', 'AGE'], ['printed', 'x', '<age>']],
    ['AddOnPlacementScore', {}, ['NAME', 'AGE'], ['printed', '<age>']],
    [
      'Placement',
      {
        spec: {},
        status: {
          conditions: [condition('PlacementSatisfied', 'True', 'AllGood')],
          numberOfSelectedClusters: 3,
        },
      },
      ['NAME', 'SUCCEEDED', 'REASON', 'SELECTEDCLUSTERS'],
      ['printed', 'True', 'AllGood', '3'],
    ],
    ['PlacementDecision', {}, ['NAME', 'AGE'], ['printed', '<age>']],
    ['ManifestWork', { spec: {} }, ['NAME', 'AGE'], ['printed', '<age>']],
    [
      'AppliedManifestWork',
      { spec: { hubHash: 'h', manifestWorkName: 'printed' } },
      ['NAME', 'AGE'],
      ['printed', '<age>'],
    ],
    [
      'ManifestWorkReplicaSet',
      {
        spec: { placementRefs: [{ name: 'all' }] },
        status: {
          conditions: [
            condition('PlacementVerified', 'True', 'AsExpected'),
            condition('ManifestworkApplied', 'False', 'Processing'),
          ],
        },
      },
      ['NAME', 'PLACEMENT', 'FOUND', 'MANIFESTWORKS', 'APPLIED'],
      ['printed', 'AsExpected', 'True', 'Processing', 'False'],
    ],
    [
      'ClusterProfile',
      { spec: { clusterManager: { name: 'open-cluster-management' } } },
      ['NAME', 'AGE'],
      ['printed', '<age>'],
    ],
    [
      'AddOnTemplate',
      { spec: { addonName: 'hello', agentSpec: {} } },
      ['NAME', 'ADDON NAME'],
      ['printed', 'hello'],
    ],
    ['AddOnDeploymentConfig', { spec: {} }, ['NAME', 'AGE'], ['printed', '<age>']],
  ])('of %s', async (kind, object, header, row) => {
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
    await kubectl(['patch', 'mca', 'newer', '--subresource=status', '--type=merge', patch]);
    const stored = JSON.parse(await kubectl(['get', 'mca', 'newer', '--output=json'])) as Fields;
    expect(stored).toMatchObject({ spec: {}, status: { registrations } });
  });
});
