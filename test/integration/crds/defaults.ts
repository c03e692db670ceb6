import type { Fields } from './fields.ts';

const allAtOnce = { all: { maxFailures: 0, minSuccessTime: '0', progressDeadline: 'None' } };

/** What is given, and what the API server stores of it and beside it. */
export const defaults: [name: string, kind: string, given: Fields, stored: Fields][] = [
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
];
