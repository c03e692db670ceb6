import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Cluster } from '../cluster/index.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { AGENT_NAMESPACE, HUB_NAMESPACE, OPERATOR_NAMESPACE, untilAvailable } from './fleet.ts';
import { fleetWithWorkload } from './fleet-with-workload.ts';
import { proveFlow } from './workload.ts';

const fleet = fleetWithWorkload();
const hub = () => fleet().hub;
const managed = () => fleet().managed;

beforeAll(async () => {
  // What comes back must be admitted under the strictest Pod Security standard.
  await restrict(hub(), OPERATOR_NAMESPACE, HUB_NAMESPACE);
  await restrict(managed(), OPERATOR_NAMESPACE, AGENT_NAMESPACE);
});

const restrict = async (cluster: Cluster, ...namespaces: string[]): Promise<void> => {
  const label = 'pod-security.kubernetes.io/enforce=restricted';
  await cluster.kubectl(['label', '--overwrite', 'namespace', ...namespaces, label]);
};

const available = (): Promise<void> => untilAvailable(fleet());

interface Found {
  metadata: { name: string; uid: string; labels?: Record<string, string> };
  [field: string]: unknown;
}

const find = async (cluster: Cluster, target: string[]): Promise<Found | undefined> => {
  const text = await cluster.kubectl(['get', ...target, '--ignore-not-found', '--output', 'json']);
  return text ? (JSON.parse(text) as Found) : undefined;
};

describe('a killed Pod', () => {
  const cases: [string, () => Cluster, string, string][] = [
    ['cluster manager operator', hub, OPERATOR_NAMESPACE, 'app=cluster-manager'],
    ['registration controller', hub, HUB_NAMESPACE, 'app=clustermanager-registration-controller'],
    ['registration webhook', hub, HUB_NAMESPACE, 'app=cluster-manager-registration-webhook'],
    ['work webhook', hub, HUB_NAMESPACE, 'app=cluster-manager-work-webhook'],
    ['placement controller', hub, HUB_NAMESPACE, 'app=clustermanager-placement-controller'],
    ['add-on webhook', hub, HUB_NAMESPACE, 'app=cluster-manager-addon-webhook'],
    ['add-on manager', hub, HUB_NAMESPACE, 'app=clustermanager-addon-manager-controller'],
    ['klusterlet operator', managed, OPERATOR_NAMESPACE, 'app=klusterlet'],
    ['registration agent', managed, AGENT_NAMESPACE, 'app=klusterlet-registration-agent'],
    ['work agent', managed, AGENT_NAMESPACE, 'app=klusterlet-manifestwork-agent'],
  ];

  test.each(cases)(
    'of the %s is replaced, and works still flow',
    async (name, cluster, namespace, selector) => {
      await cluster().kubectl([
        '-n',
        namespace,
        'delete',
        'pods',
        '--selector',
        selector,
        '--force',
        '--grace-period=0',
      ]);
      const ready = ['wait', '--for=condition=Ready', 'pods', '--selector', selector, patienceFlag];
      // Until there is a Pod again, kubectl has nothing to wait for.
      await waitFor('a Pod that is ready', () => cluster().kubectl(['-n', namespace, ...ready]));
      await proveFlow(fleet(), `after-${name.replaceAll(' ', '-')}`);
    },
  );
});

describe('a deleted object', () => {
  const cases: [string, () => Cluster, string[]][] = [
    ['Deployment', hub, ['deployment', '-n', HUB_NAMESPACE, 'cluster-manager-registration-controller']],
    ['ServiceAccount', hub, ['serviceaccount', '-n', HUB_NAMESPACE, 'registration-controller-sa']],
    ['Service', hub, ['service', '-n', HUB_NAMESPACE, 'cluster-manager-registration-webhook']],
    ['ClusterRole', hub, ['clusterrole', 'open-cluster-management:cluster-manager-registration:controller']],
    [
      'ClusterRoleBinding',
      hub,
      ['clusterrolebinding', 'open-cluster-management:cluster-manager-registration:controller'],
    ],
    [
      'webhook configuration',
      hub,
      ['validatingwebhookconfiguration', 'manifestworkvalidators.admission.work.open-cluster-management.io'],
    ],
    ['serving certificate', hub, ['secret', '-n', HUB_NAMESPACE, 'work-webhook-serving-cert']],
    ['CRD', hub, ['crd', 'addonplacementscores.cluster.open-cluster-management.io']],
    ['Deployment', managed, ['deployment', '-n', AGENT_NAMESPACE, 'klusterlet-work-agent']],
    ['ServiceAccount', managed, ['serviceaccount', '-n', AGENT_NAMESPACE, 'klusterlet-work-sa']],
    [
      'Role',
      managed,
      ['role', '-n', AGENT_NAMESPACE, 'open-cluster-management:management:klusterlet-registration:agent'],
    ],
    ['ClusterRole', managed, ['clusterrole', 'open-cluster-management:klusterlet-work:execution']],
    ['CRD', managed, ['crd', 'clusterclaims.cluster.open-cluster-management.io']],
  ];

  test.each(cases)('%s comes back', async (kind, cluster, target) => {
    const old = await find(cluster(), target);
    expect(old).toBeDefined();
    await cluster().kubectl(['delete', ...target, '--wait=false']);
    await waitFor(`${kind} ${target.at(-1)} to come back`, async () => {
      const now = await find(cluster(), target);
      return now !== undefined && now.metadata.uid !== old?.metadata.uid;
    });
    await available();
    await proveFlow(fleet(), `after-deleted-${kind.toLowerCase().replaceAll(' ', '-')}`);
  });
});

describe('an edited object', () => {
  const cases: [string, () => Cluster, string[], object, (object: Found) => unknown][] = [
    [
      'Deployment',
      hub,
      ['deployment', '-n', HUB_NAMESPACE, 'cluster-manager-work-webhook'],
      {
        spec: {
          template: { spec: { containers: [{ name: 'cluster-manager-webhook', image: 'broken:1' }] } },
        },
      },
      ({ spec }) =>
        (spec as { template: { spec: { containers: { image: string }[] } } }).template.spec.containers[0]
          ?.image,
    ],
    [
      'ClusterRole',
      hub,
      ['clusterrole', 'open-cluster-management:cluster-manager-work:webhook'],
      { rules: [] },
      ({ rules }) => rules,
    ],
    [
      'webhook configuration',
      hub,
      ['mutatingwebhookconfiguration', 'managedclustermutators.admission.cluster.open-cluster-management.io'],
      { webhooks: [] },
      ({ webhooks }) => webhooks,
    ],
    [
      'CRD',
      hub,
      ['crd', 'manifestworks.work.open-cluster-management.io'],
      { spec: { names: { shortNames: ['broken'] } } },
      ({ spec }) => (spec as { names: { shortNames?: string[] } }).names.shortNames,
    ],
    [
      'Role',
      managed,
      ['role', '-n', AGENT_NAMESPACE, 'open-cluster-management:management:klusterlet-work:agent'],
      { rules: [] },
      ({ rules }) => rules,
    ],
  ];

  test.each(cases)('%s is set right again', async (kind, cluster, target, patch, read) => {
    const good = read((await find(cluster(), target))!);
    const type = kind === 'Deployment' ? 'strategic' : 'merge';
    await cluster().kubectl(['patch', ...target, '--type', type, '--patch', JSON.stringify(patch)]);
    await waitFor(`${kind} ${target.at(-1)} to be set right`, async () => {
      const now = await find(cluster(), target);
      return now !== undefined && JSON.stringify(read(now)) === JSON.stringify(good);
    });
    await available();
  });
});
