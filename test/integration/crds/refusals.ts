import { condition, type Fields } from './fields.ts';

const work = (manifestConfig: Fields) => ({
  spec: {
    manifestConfigs: [{ resourceIdentifier: { resource: 'configmaps', name: 'a' }, ...manifestConfig }],
  },
});
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

/** Objects that no API server may accept, and what it says. */
export const refusals: [name: string, kind: string, given: Fields, message: string][] = [
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
];

/** Objects that are in order, statuses that are not. */
export const statusRefusals: [name: string, kind: string, fields: Fields, status: Fields, message: string][] = [
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
];
