import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterManagers, type Klusterlet } from '../../operators/api/generated/operator.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { parseKubeconfig } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  clusterRoles,
  networkPolicies,
  type PolicyRule,
  type SubjectAccessReview,
  subjectAccessReviews,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import {
  type AuditEvent,
  type ControlPlane,
  readAuditLog,
  startControlPlane,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import {
  clientOf,
  controlPlaneOptions,
  getClusterManager,
  hubNamespace,
  operatorNamespace,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';
import { type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

const agentNamespace = 'open-cluster-management-agent';
const ofHub = [
  'allow-egress',
  'allow-hub-ingress',
  'allow-intra-namespace',
  'allow-prometheus-ingress',
  'default-deny-all',
];
const ofAgents = ['allow-dns-and-api', 'default-deny-all', 'klusterlet', 'klusterlet-agent'];

let controlPlane: ControlPlane;
let client: Client;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'network-policies', ...controlPlaneOptions });
  client = clientOf(controlPlane);
});
afterAll(async () => {
  await client?.close();
  await controlPlane?.stop();
});

const gates = (mode: string) => ({
  registrationConfiguration: { featureGates: [{ feature: 'NetworkPolicies', mode }] },
});
const policiesIn = async (namespace: string): Promise<string[]> =>
  (await client.list(networkPolicies, { namespace })).items.map(({ metadata }) => metadata.name).toSorted();
const untilPolicies = (namespace: string, names: string[]) =>
  waitFor(`of policies in ${namespace} ${names.join(', ') || 'none'}`, async () => {
    const present = await policiesIn(namespace);
    if (present.join() !== names.join()) throw new Error(present.join());
    return true;
  });
/** The names of policies in the order in which an operator did this to them. */
const inOrder = async (namespace: string, verb: string): Promise<string[]> => {
  const isMeant = ({ objectRef, userAgent, verb: done }: AuditEvent) =>
    objectRef?.resource === 'networkpolicies' &&
    objectRef.namespace === namespace &&
    done === verb &&
    !/test|kubectl/.test(userAgent ?? '');
  return writesOf(await readAuditLog(controlPlane.auditLogPath ?? ''))
    .filter(isMeant)
    .toSorted((a, b) => (a.stageTimestamp < b.stageTimestamp ? -1 : 1))
    .map(({ objectRef }) => objectRef?.name ?? '');
};
/** Takes an operator's rule for network policies from its role; the function that it resolves to gives it back. */
const withoutRule = async (role: string): Promise<() => Promise<void>> => {
  const change = async (rules: PolicyRule[] | undefined) => {
    await client.patch(clusterRoles, { name: role }, { type: 'merge', body: { rules } });
  };
  const { rules = [] } = await client.get(clusterRoles, role);
  await change(rules.filter(({ resources }) => !resources?.includes('networkpolicies')));
  // It counts a moment later.
  await waitFor('the rule to be gone', async () => {
    const review: SubjectAccessReview = {
      metadata: { name: '' },
      spec: {
        user: `system:serviceaccount:${operatorNamespace}:${role}`,
        resourceAttributes: {
          group: networkPolicies.group,
          resource: networkPolicies.plural,
          namespace: hubNamespace,
          verb: 'patch',
        },
      },
    };
    return (await client.create(subjectAccessReviews, review)).status?.allowed === false;
  });
  return () => change(rules);
};
const apiPort = () => Number(new URL(parseKubeconfig(controlPlane.kubeconfigYaml).server).port);

describe('of a hub', () => {
  let operator: OperatorProcess;
  let rollouts: Rollouts;
  let kubeconfig: string;
  const edit = (mode: string) =>
    client.patch(
      clusterManagers,
      { name: 'cluster-manager' },
      { type: 'merge', body: { spec: gates(mode) } },
    );
  const listed = async () =>
    ((await getClusterManager(client)).status?.relatedResources ?? []).filter(
      ({ resource }) => resource === 'networkpolicies',
    );

  beforeAll(async () => {
    kubeconfig = await prepare(controlPlane);
    rollouts = new Rollouts(client).start();
    operator = new OperatorProcess(kubeconfig);
    await client.create(clusterManagers, { metadata: { name: 'cluster-manager' } });
    await waitForSettled(client);
  });
  afterAll(async () => {
    await operator?.stop();
    await rollouts?.stop();
  });

  test('since-1.3.1.md 8, 14: the gate brings five, in status too, and what lets through comes first', async () => {
    expect(await policiesIn(hubNamespace)).toEqual([]);
    await edit('Enable');
    await untilPolicies(hubNamespace, ofHub);
    await waitForSettled(client);
    const entries = await listed();
    expect(entries.map(({ name }) => name).toSorted()).toEqual(ofHub);
    for (const entry of entries)
      expect(entry).toMatchObject({ group: 'networking.k8s.io', version: 'v1', namespace: hubNamespace });
    expect((await getClusterManager(client)).status?.relatedResources).toHaveLength(56 + 5);
    expect((await inOrder(hubNamespace, 'patch')).at(-1)).toBe('default-deny-all');
    const { spec } = await client.get(networkPolicies, 'allow-egress', hubNamespace);
    expect(JSON.stringify(spec)).toContain(`"port":${apiPort()}`);
  });

  test('since-1.3.1.md 10: one that somebody deletes or edits is put back at once', async () => {
    await client.delete(networkPolicies, { name: 'allow-egress', namespace: hubNamespace });
    await untilPolicies(hubNamespace, ofHub);
    const target = { name: 'allow-hub-ingress', namespace: hubNamespace };
    await client.patch(networkPolicies, target, { type: 'merge', body: { spec: { ingress: null } } });
    await waitFor('the rule', async () => {
      const { spec } = await client.get(networkPolicies, target.name, hubNamespace);
      return spec?.ingress?.length === 1;
    });
  });

  test('since-1.3.1.md 9: without the gate they go with their entries, the one that denies first', async () => {
    await edit('Disable');
    await untilPolicies(hubNamespace, []);
    await waitFor('no entries', async () => (await listed()).length === 0);
    expect((await inOrder(hubNamespace, 'delete'))[0]).toBe('default-deny-all');
  });

  test('since-1.3.1.md 11: a role of before serves without the gate, and with it a condition says what is missing', async () => {
    await operator.stop();
    const giveBack = await withoutRule('cluster-manager');
    operator = new OperatorProcess(kubeconfig);
    await client.patch(
      clusterManagers,
      { name: 'cluster-manager' },
      { type: 'merge', body: { spec: { nodePlacement: { nodeSelector: { a: 'b' } } } } },
    );
    await waitForSettled(client);
    await edit('Enable');
    const condition = await waitForCondition(client, 'Applied', 'False', 'HubResourceApplyFailed');
    expect(condition.message).toContain(`NetworkPolicy ${hubNamespace}/allow-egress`);
    expect(condition.message).not.toContain('default-deny-all');
    await giveBack();
    await untilPolicies(hubNamespace, ofHub);
    await waitForSettled(client);
  });

  test('since-1.3.1.md 13: they go with the ClusterManager', async () => {
    await client.delete(clusterManagers, { name: 'cluster-manager' });
    await waitFor(
      'the ClusterManager gone',
      async () => (await client.find(clusterManagers, 'cluster-manager')) === undefined,
    );
    expect(await policiesIn(hubNamespace)).toEqual([]);
    expect((await inOrder(hubNamespace, 'delete')).toSorted()).toEqual(expect.arrayContaining(ofHub));
  });
});

describe('of agents', () => {
  let rig: Rig;
  const klusterletOf = (mode: string, gate: string): object => ({
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: {
      deployOption: { mode },
      registrationImagePullSpec: 'quay.io/open-cluster-management/registration:latest',
      workImagePullSpec: 'quay.io/open-cluster-management/work:latest',
      imagePullSpec: 'quay.io/open-cluster-management/registration-operator:latest',
      clusterName: 'cluster1',
      ...gates(gate),
    },
  });
  const statusOf = async () => {
    const { metadata, status } = await rig.get<Klusterlet>('klusterlet', 'klusterlet');
    return status?.observedGeneration === metadata.generation ? status : undefined;
  };
  const untilApplied = (status: string) =>
    waitForKlusterlet(rig, `Applied ${status}`, async () => {
      const found = findCondition((await statusOf())?.conditions, 'Applied');
      return found?.status === status ? found : undefined;
    });
  const listed = async () =>
    ((await statusOf())?.relatedResources ?? []).filter(({ resource }) => resource === 'networkpolicies');
  const secretOf = (name: string, namespace: string, kubeconfig: string) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace },
    stringData: { kubeconfig },
  });

  beforeAll(async () => {
    rig = await rigOf(controlPlane);
    await rig.start();
  });
  afterAll(() => rig?.dispose());

  test.each(['Default', 'Singleton', 'Hosted', 'SingletonHosted'])(
    'since-1.3.1.md 20, 21: %s: the gate brings four, in status too, and takes them',
    async (mode) => {
      const namespace = mode.endsWith('Hosted') ? 'klusterlet' : agentNamespace;
      await rig.apply(klusterletOf(mode, 'Enable'));
      if (mode === 'Hosted') {
        await waitFor('the namespace', () => rig.find('namespace', namespace));
        await rig.apply(secretOf('external-managed-kubeconfig', namespace, controlPlane.kubeconfigYaml));
      }
      await untilPolicies(namespace, ofAgents);
      await untilApplied('True');
      expect((await listed()).map(({ name }) => name).toSorted()).toEqual(ofAgents);
      expect((await inOrder(namespace, 'patch')).filter((name) => ofAgents.includes(name)).at(-1)).toBe(
        'default-deny-all',
      );
      const { spec } = await client.get(networkPolicies, 'allow-dns-and-api', namespace);
      expect(JSON.stringify(spec)).toContain(`"port":${apiPort()}`);

      const before = (await inOrder(namespace, 'delete')).length;
      await rig.apply(klusterletOf(mode, 'Disable'));
      await untilPolicies(namespace, []);
      await waitForKlusterlet(rig, 'no entries', async () => (await listed()).length === 0);
      expect((await inOrder(namespace, 'delete'))[before]).toBe('default-deny-all');
    },
  );

  test('since-1.3.1.md 25: a hub and a proxy on other ports are let through as soon as a Secret names them', async () => {
    await rig.apply(klusterletOf('Default', 'Enable'));
    await untilPolicies(agentNamespace, ofAgents);
    const kubeconfig = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: 'c',
          cluster: { server: 'https://hub.example:7443', 'proxy-url': 'http://proxy.example:3128' },
        },
      ],
      users: [{ name: 'u', user: { token: 't' } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    };
    await rig.apply(secretOf('bootstrap-hub-kubeconfig', agentNamespace, JSON.stringify(kubeconfig)));
    await waitForKlusterlet(rig, 'both ports', async () => {
      const { spec } = await client.get(networkPolicies, 'allow-dns-and-api', agentNamespace);
      const open = spec?.egress?.flatMap(({ ports = [] }) => ports.map(({ port }) => port)) ?? [];
      return open.includes(7443) && open.includes(3128);
    });
  });

  test('since-1.3.1.md 23: one that cannot be applied is told by Applied, and nobody is cut off', async () => {
    await rig.apply(klusterletOf('Default', 'Disable'));
    await untilPolicies(agentNamespace, []);
    const giveBack = await withoutRule('klusterlet');
    await rig.apply(klusterletOf('Default', 'Enable'));
    const condition = await untilApplied('False');
    expect(condition.reason).toBe('ManagementClusterResourceApplyFailed');
    expect(condition.message).toContain(`NetworkPolicy ${agentNamespace}/allow-dns-and-api`);
    await giveBack();
    await untilPolicies(agentNamespace, ofAgents);
    await untilApplied('True');
  });

  test('since-1.3.1.md 22: they go by their names with the Klusterlet, while the namespace lasts', async () => {
    await controlPlane.kubectl(['create', 'configmap', 'held', '--namespace', agentNamespace]);
    const hold = (finalizers: string[]) =>
      controlPlane.kubectl([
        'patch',
        'configmap',
        'held',
        '--namespace',
        agentNamespace,
        '--type=merge',
        '--patch',
        JSON.stringify({ metadata: { finalizers } }),
      ]);
    await hold(['example.com/held']);
    await rig.remove('klusterlet', 'klusterlet', undefined, '--wait=false');
    await waitForKlusterlet(
      rig,
      'the Klusterlet gone',
      async () => !(await rig.find('klusterlet', 'klusterlet')),
    );
    expect(await policiesIn(agentNamespace)).toEqual([]);
    expect(await inOrder(agentNamespace, 'delete')).toEqual(expect.arrayContaining(ofAgents));
    await hold([]);
  });
});
