import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import type { Deployment, Namespace, Secret } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, readAuditLog, startControlPlane, toYaml, writesOf } from '../cluster/index.ts';
import { operatorNamespace, type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

const name = 'hosted';
const klusterletNamespace = 'open-cluster-management-hosted';
const createdBy = '--selector=open-cluster-management.io/created-by-klusterlet';
const kinds =
  'clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,deployments,secrets,namespaces';

const klusterletOf = (mode: string): Klusterlet => ({
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'Klusterlet',
  metadata: { name },
  spec: {
    registrationImagePullSpec: 'quay.io/open-cluster-management/registration:latest',
    workImagePullSpec: 'quay.io/open-cluster-management/work:latest',
    imagePullSpec: 'quay.io/open-cluster-management/registration-operator:latest',
    clusterName: 'cluster1',
    namespace: klusterletNamespace,
    deployOption: { mode },
  },
});

let management: ControlPlane;
let managed: ControlPlane;
let rig: Rig;

beforeAll(async () => {
  [management, managed] = await Promise.all([
    startControlPlane({ name: 'management', audit: true }),
    startControlPlane({ name: 'managed', audit: true }),
  ]);
  rig = await rigOf(management);
  await rig.start();
});

afterAll(async () => {
  await rig?.dispose();
  await Promise.all([management?.stop(), managed?.stop()]);
});

const klusterlet = () => rig.get<Klusterlet>('klusterlet', name);
const conditionOf = async (type: string) => findCondition((await klusterlet()).status?.conditions, type);
const onManaged = async (...args: string[]): Promise<string[]> => {
  const text = await managed.kubectl(['get', kinds, '--all-namespaces', ...args, '--output=json']);
  const { items } = JSON.parse(text) as { items: { kind: string; metadata: { name: string } }[] };
  return items.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
};

/** What the operator has deleted on a cluster so far, in this order. */
const deletedOn = async (plane: ControlPlane): Promise<string[]> => {
  const writes = writesOf(await readAuditLog(plane.auditLogPath ?? ''));
  return writes
    .filter(({ verb, userAgent }) => verb === 'delete' && userAgent?.startsWith('klusterlet'))
    .map(({ requestURI }) =>
      decodeURIComponent(requestURI.replace(/\?.*/, '').replace(/^\/(api|apis\/[^/]+)\/v1\//, '')),
    );
};

/** Namespaces that have a Secret of this name. */
const copiesOn = async (plane: ControlPlane, secret: string): Promise<string[]> => {
  const selector = `--field-selector=metadata.name=${secret}`;
  const columns = '--output=jsonpath={.items[*].metadata.namespace}';
  const text = await plane.kubectl(['get', 'secrets', '--all-namespaces', selector, columns]);
  return text.split(' ').filter(Boolean).toSorted();
};

const managedKubeconfig = (kubeconfig: string) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'external-managed-kubeconfig', namespace: name },
  stringData: { kubeconfig },
});

const untilApplied = () =>
  waitForKlusterlet(rig, 'applied', async () => {
    const found = await klusterlet();
    const isCurrent = found.status?.observedGeneration === found.metadata.generation;
    return isCurrent && (await conditionOf('Applied'))?.status === 'True' ? found : undefined;
  });

const untilGone = () =>
  waitForKlusterlet(rig, 'the Klusterlet gone', async () => !(await rig.find('klusterlet', name)));

const restore = async () => {
  await waitForKlusterlet(rig, 'the agent namespace gone', async () => !(await rig.find('namespace', name)));
};

const untilManagedIsClean = () =>
  waitForKlusterlet(rig, 'the managed cluster clean', async () => (await onManaged(createdBy)).length === 0);

test('makes the agent namespace and waits there for the kubeconfig of the managed cluster (operator.md 90, 134)', async () => {
  await rig.apply(klusterletOf('Hosted'));
  await waitForKlusterlet(rig, 'not ready', async () => {
    const found = await conditionOf('ReadyToApply');
    return found?.status === 'False' && found.reason === 'KlusterletPrepareFailed';
  });
  expect(await rig.find<Namespace>('namespace', name)).toBeDefined();
  expect((await klusterlet()).metadata.finalizers).toEqual([
    'operator.open-cluster-management.io/klusterlet-cleanup',
  ]);
  expect(await onManaged(createdBy)).toEqual([]);
});

test('leaves nothing when it was never ready (operator.md 131)', async () => {
  await rig.remove('klusterlet', name, undefined, '--wait=false');
  await untilGone();
  await restore();
});

test('says what is wrong with a kubeconfig that cannot be used (operator.md 56)', async () => {
  await rig.apply(klusterletOf('Hosted'));
  await waitForKlusterlet(rig, 'the namespace', () => rig.find('namespace', name));
  await rig.apply(managedKubeconfig('clusters: ['));
  const found = await waitForKlusterlet(rig, 'the cause', async () => {
    const condition = await conditionOf('ReadyToApply');
    return condition?.message.includes('neither YAML nor JSON') ? condition : undefined;
  });
  expect(found.status).toBe('False');
});

test('installs on both clusters once the kubeconfig is there (operator.md 85, 91, 134)', async () => {
  await rig.apply(managedKubeconfig(managed.kubeconfigYaml));
  const { status, metadata } = await untilApplied();
  const secret = await rig.get<Secret>('secret', 'external-managed-kubeconfig', name);
  await waitForKlusterlet(rig, 'the time of its Secret', async () =>
    (await conditionOf('ReadyToApply'))?.message.includes(secret.metadata.creationTimestamp ?? 'none'),
  );
  expect(metadata.finalizers).toContain('operator.open-cluster-management.io/klusterlet-hosted-cleanup');
  expect(status?.relatedResources).toHaveLength(26);
  expect(await onManaged(createdBy)).toEqual([
    'ClusterRole open-cluster-management:hosted-registration:addon-management',
    'ClusterRole open-cluster-management:hosted-registration:agent',
    'ClusterRole open-cluster-management:hosted-work:agent',
    'ClusterRole open-cluster-management:hosted-work:aggregate',
    'ClusterRole open-cluster-management:hosted-work:execution',
    'ClusterRoleBinding open-cluster-management:hosted-registration:addon-management',
    'ClusterRoleBinding open-cluster-management:hosted-registration:agent',
    'ClusterRoleBinding open-cluster-management:hosted-work:agent',
    'ClusterRoleBinding open-cluster-management:hosted-work:aggregate',
    'ClusterRoleBinding open-cluster-management:hosted-work:execution-admin',
    'Namespace open-cluster-management-agent-addon',
    `Namespace ${klusterletNamespace}`,
    'ServiceAccount hosted-registration-sa',
    'ServiceAccount hosted-work-sa',
  ]);
  const registration = await rig.get<Deployment>('deployment', 'hosted-registration-agent', name);
  expect(registration.spec?.replicas).toBe(1);
  expect(registration.spec?.template.spec?.containers[0]?.args).toContain(
    '--spoke-kubeconfig=/spoke/config/kubeconfig',
  );
});

test("gives the agents kubeconfigs that are those of the managed cluster's accounts (operator.md 57, 85)", async () => {
  const secret = await rig.get<Secret>('secret', 'external-managed-kubeconfig-registration', name);
  const text = (key: string) => Buffer.from(secret.data?.[key] ?? '', 'base64').toString();
  expect(text('serviceaccount_name')).toBe('hosted-registration-sa');
  const kubeconfig = load(text('kubeconfig')) as { users: { user: { tokenFile: string } }[] };
  expect(kubeconfig.users[0]?.user.tokenFile).toBe('/spoke/config/token');
  const who = await managed.kubectl([
    'auth',
    'whoami',
    '--output=jsonpath={.status.userInfo.username}',
    `--token=${text('token')}`,
    `--kubeconfig=/dev/null`,
    `--server=${managed.server}`,
    '--insecure-skip-tls-verify',
  ]);
  expect(who).toBe(`system:serviceaccount:${klusterletNamespace}:hosted-registration-sa`);
});

test('copies the image pull secret to the agents and to the add-ons, each on their cluster (operator.md 85)', async () => {
  const pullSecret = 'open-cluster-management-image-pull-credentials';
  const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
  await rig.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: pullSecret, namespace: operatorNamespace },
    type: 'kubernetes.io/dockerconfigjson',
    data,
  });
  const copies = async () => [await copiesOn(management, pullSecret), await copiesOn(managed, pullSecret)];
  const expected = [[name, operatorNamespace], ['open-cluster-management-agent-addon']];
  await waitForKlusterlet(
    rig,
    'the copies',
    async () => JSON.stringify(await copies()) === JSON.stringify(expected),
  );
  expect((await rig.get<Secret>('secret', pullSecret, name)).data).toEqual(data);
  await rig.remove('secret', pullSecret, operatorNamespace);
  await waitForKlusterlet(rig, 'no copies', async () => (await copies()).flat().length === 0);
});

test('repairs what is deleted on the managed cluster', async () => {
  const role = 'open-cluster-management:hosted-work:execution';
  await managed.kubectl(['delete', 'clusterrole', role]);
  await waitForKlusterlet(rig, 'the role again', async () =>
    (await onManaged(createdBy)).includes(`ClusterRole ${role}`),
  );
});

test('leaves the namespace of add-ons to a Klusterlet that another operator keeps, for as long as it is there', async () => {
  const role = 'open-cluster-management:hosted-work:execution';
  const keeper = async (): Promise<string> =>
    managed.kubectl([
      'get',
      'namespace',
      'open-cluster-management-agent-addon',
      '--output=jsonpath={.metadata.labels.open-cluster-management\\.io/created-by-klusterlet}',
    ]);
  /** Every sync applies the namespaces first: once the role is back, they have been looked at. */
  const sync = async () => {
    await managed.kubectl(['delete', 'clusterrole', role]);
    await waitForKlusterlet(rig, 'the role again', async () =>
      (await onManaged(createdBy)).includes(`ClusterRole ${role}`),
    );
  };
  const labelled = (namespace: string, label: string) =>
    managed.kubectl(['label', '--overwrite', 'namespace', namespace, label]);
  await managed.kubectl(['create', 'namespace', 'other']);
  await labelled('other', 'operator.open-cluster-management.io/klusterlet=other');
  await labelled(
    'open-cluster-management-agent-addon',
    'open-cluster-management.io/created-by-klusterlet=other',
  );
  await sync();
  expect(await keeper()).toBe('other');
  await managed.kubectl(['delete', 'namespace', 'other']);
  await sync();
  // A sync that was under way when the other one left may have brought the role back.
  await waitForKlusterlet(rig, 'the namespace kept again', async () => (await keeper()) === name);
});

test('waits with removal for a kubeconfig that was taken away (operator.md 132)', async () => {
  await rig.remove('secret', 'external-managed-kubeconfig', name);
  await waitForKlusterlet(
    rig,
    'not ready',
    async () => (await conditionOf('ReadyToApply'))?.status === 'False',
  );
  await rig.remove('klusterlet', name, undefined, '--wait=false');
  await waitForKlusterlet(rig, 'leaving', async () => (await klusterlet()).metadata.deletionTimestamp);
  expect(await rig.find('deployment', 'hosted-registration-agent', name)).toBeDefined();
  expect(await onManaged(createdBy)).toContain('ServiceAccount hosted-work-sa');
});

test('removes from both clusters, the agent namespace last (operator.md 130)', async () => {
  const before = [(await deletedOn(management)).length, (await deletedOn(managed)).length];
  // Else the agent writes it, which does not run here.
  await rig.apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'hub-kubeconfig-secret', namespace: name },
  });
  await rig.apply(managedKubeconfig(managed.kubeconfigYaml));
  await untilGone();
  await restore();
  await untilManagedIsClean();
  const onManagement = (await deletedOn(management)).slice(before[0]);
  expect(onManagement.toSorted()).toEqual(
    [
      `namespaces/${name}/deployments/hosted-registration-agent`,
      `namespaces/${name}/deployments/hosted-work-agent`,
      `namespaces/${name}/secrets/hub-kubeconfig-secret`,
      `namespaces/${name}/secrets/external-managed-kubeconfig-registration`,
      `namespaces/${name}/secrets/external-managed-kubeconfig-work`,
      `namespaces/${name}/serviceaccounts/hosted-registration-sa`,
      `namespaces/${name}/serviceaccounts/hosted-work-sa`,
      `namespaces/${name}/roles/open-cluster-management:management:hosted-registration:agent`,
      `namespaces/${name}/roles/open-cluster-management:management:hosted-work:agent`,
      `namespaces/${name}/rolebindings/open-cluster-management:management:hosted-registration:agent`,
      `namespaces/${name}/rolebindings/open-cluster-management:management:hosted-work:agent`,
      'namespaces/kube-system/roles/open-cluster-management:management:hosted:extension-apiserver',
      'namespaces/kube-system/rolebindings/open-cluster-management:management:hosted-registration:agent',
      'namespaces/kube-system/rolebindings/open-cluster-management:management:hosted-work:agent',
      'clusterroles/open-cluster-management:management:hosted-registration:addon-management',
      'clusterrolebindings/open-cluster-management:management:hosted-registration:addon-management',
      `namespaces/${name}`,
    ].sort(),
  );
  expect(onManagement).toHaveLength(17);
  expect(onManagement.at(-1)).toBe(`namespaces/${name}`);
  const gone = (await deletedOn(managed)).slice(before[1]);
  expect(gone.toSorted()).toEqual(
    [
      `namespaces/${klusterletNamespace}/serviceaccounts/hosted-registration-sa`,
      `namespaces/${klusterletNamespace}/serviceaccounts/hosted-work-sa`,
      'clusterroles/open-cluster-management:hosted-registration:agent',
      'clusterroles/open-cluster-management:hosted-registration:addon-management',
      'clusterroles/open-cluster-management:hosted-work:agent',
      'clusterroles/open-cluster-management:hosted-work:execution',
      'clusterroles/open-cluster-management:hosted-work:aggregate',
      'clusterrolebindings/open-cluster-management:hosted-registration:agent',
      'clusterrolebindings/open-cluster-management:hosted-registration:addon-management',
      'clusterrolebindings/open-cluster-management:hosted-work:agent',
      'clusterrolebindings/open-cluster-management:hosted-work:aggregate',
      'clusterrolebindings/open-cluster-management:hosted-work:execution-admin',
      `namespaces/${klusterletNamespace}`,
      'namespaces/open-cluster-management-agent-addon',
    ].sort(),
  );
  expect(gone).toHaveLength(14);
  const left = await rig.list(kinds, '--all-namespaces', createdBy);
  expect(left.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([]);
});

test("leaves an agent namespace that is a ManagedCluster's too, whose works would go with it", async () => {
  await rig.apply(klusterletOf('Hosted'));
  await waitForKlusterlet(rig, 'the namespace', () => rig.find('namespace', name));
  await rig.apply(managedKubeconfig(managed.kubeconfigYaml));
  await untilApplied();
  await management.kubectl(['label', 'namespace', name, `open-cluster-management.io/cluster-name=${name}`]);
  await rig.remove('klusterlet', name, undefined, '--wait=false');
  await untilGone();
  const left = await rig.get<Namespace>('namespace', name);
  expect(left.metadata.deletionTimestamp).toBeUndefined();
  expect(await rig.list('deployments', '--namespace', name)).toEqual([]);
  await untilManagedIsClean();
  await rig.remove('namespace', name);
});

describe('a managed cluster that refuses the credential of a leaving Klusterlet', () => {
  const key = 'operator.open-cluster-management.io/managed-cluster-refused-since';
  const leaveWith = async (kubeconfig: string) => {
    await rig.apply(klusterletOf('Hosted'));
    await waitForKlusterlet(rig, 'the namespace', () => rig.find('namespace', name));
    await rig.apply(managedKubeconfig(managed.kubeconfigYaml));
    await untilApplied();
    await rig.apply(managedKubeconfig(kubeconfig));
    await rig.remove('klusterlet', name, undefined, '--wait=false');
    return waitForKlusterlet(rig, 'the cause', () => conditionOf('Deleting'));
  };
  const nobody = async () => toYaml(await managed.kubeconfigFor('nobody'));
  const way = () => ({ server: managed.server, caData: managed.caPem, token: 'revoked' });

  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['a revoked token', () => renderKubeconfig(way()), /Unauthorized/],
    ['a user without rights', nobody, /forbidden/],
    [
      'another authority',
      () => renderKubeconfig({ ...way(), caData: management.caPem }),
      /certificate|authority/i,
    ],
  ])('%s: is named, and given up after five minutes with what stays behind', async (_, kubeconfig, cause) => {
    const condition = await leaveWith(await kubeconfig());
    expect(condition).toMatchObject({ status: 'True', reason: 'ManagedClusterRefused' });
    expect(condition.message).toMatch(cause);
    expect(condition.message).toContain('Secret hosted/external-managed-kubeconfig');
    expect(condition.message).not.toContain('revoked');
    expect(await rig.find('deployment', 'hosted-registration-agent', name)).toBeDefined();
    const past = new Date(Date.now() - 6 * 60_000).toISOString().replace(/\.\d+/, '');
    await management.kubectl(['annotate', '--overwrite', 'klusterlet', name, `${key}=${past}`]);
    await untilGone();
    await restore();
    expect(await onManaged(createdBy)).toContain('ServiceAccount hosted-work-sa');
    const event = await waitForKlusterlet(rig, 'the event', async () => {
      const events = await rig.list('events.events.k8s.io', '--namespace=default');
      return (events as { reason?: string; note?: string }[]).find(
        ({ reason }) => reason === 'ManagedClusterGivenUp',
      );
    });
    expect(event.note).toContain(`Namespace ${klusterletNamespace}`);
  });

  test('is cleaned up like any other when the refusal passes', async () => {
    await leaveWith(renderKubeconfig(way()));
    await rig.apply(managedKubeconfig(managed.kubeconfigYaml));
    await untilGone();
    await restore();
    await untilManagedIsClean();
  });
});

test('runs both agents as one in SingletonHosted mode (operator.md 3.2, 5.4)', async () => {
  await rig.apply(klusterletOf('SingletonHosted'));
  await waitForKlusterlet(rig, 'the namespace', () => rig.find('namespace', name));
  await rig.apply(managedKubeconfig(managed.kubeconfigYaml));
  const { status } = await untilApplied();
  expect(status?.relatedResources).toHaveLength(23);
  const secrets = (await rig.list('secrets', '--namespace', name)).map(({ metadata }) => metadata.name);
  expect(secrets.sort()).toEqual(['external-managed-kubeconfig', 'external-managed-kubeconfig-agent']);
});

test('gives a managed cluster up that is gone for five minutes (operator.md 133)', async () => {
  await managed.shutdown();
  await rig.remove('klusterlet', name, undefined, '--wait=false');
  const key = 'operator.open-cluster-management.io/managed-resources-eviction-timestamp';
  await waitForKlusterlet(
    rig,
    'the time since when it is gone',
    async () => (await klusterlet()).metadata.annotations?.[key],
  );
  expect(await rig.find('deployment', 'hosted-agent', name)).toBeDefined();
  const past = new Date(Date.now() - 6 * 60_000).toISOString().replace(/\.\d+/, '');
  await management.kubectl(['annotate', '--overwrite', 'klusterlet', name, `${key}=${past}`]);
  await untilGone();
  await restore();
});
