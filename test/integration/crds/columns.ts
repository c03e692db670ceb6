import { condition, type Fields } from './fields.ts';

/** What kubectl prints of an object named `printed`: the header and the row. */
export const columns: [kind: string, object: Fields, header: string[], row: string[]][] = [
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
    ['ClusterClaim', { spec: { value: 'x' } }, ['NAME', 'VALUE', 'AGE'], ['printed', 'x', '<age>']],
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
    [
      'ManifestWork',
      { spec: {}, status: { conditions: [condition('Applied', 'True'), condition('Available', 'False')] } },
      ['NAME', 'APPLIED', 'AVAILABLE', 'AGE'],
      ['printed', 'True', 'False', '<age>'],
    ],
    [
      'AppliedManifestWork',
      { spec: { hubHash: 'h', manifestWorkName: 'printed' } },
      ['NAME', 'HUB', 'WORK', 'AGE'],
      ['printed', 'h', 'printed', '<age>'],
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
];
