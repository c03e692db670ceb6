import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import type { Deployment, Secret } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
import { type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

const agentNamespace = 'open-cluster-management-agent';
const addonNamespace = 'open-cluster-management-agent-addon';
const registrationImage = 'quay.io/open-cluster-management/registration:latest';
const workImage = 'quay.io/open-cluster-management/work:latest';
const singletonImage = 'quay.io/open-cluster-management/registration-operator:latest';

const klusterletOf = (name: string, spec: Klusterlet['spec'] = {}): Klusterlet => ({
  apiVersion: 'operator.open-cluster-management.io/v1',
  kind: 'Klusterlet',
  metadata: { name },
  spec: {
    registrationImagePullSpec: registrationImage,
    workImagePullSpec: workImage,
    imagePullSpec: singletonImage,
    clusterName: 'cluster1',
    externalServerURLs: [{ url: 'https://localhost' }],
    ...spec,
  },
});

let controlPlane: ControlPlane;
let rig: Rig;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'klusterlet' });
  rig = await rigOf(controlPlane);
  await rig.start();
});

afterAll(async () => {
  await rig?.dispose();
  await controlPlane?.stop();
});

const klusterlet = (name: string) => rig.get<Klusterlet>('klusterlet', name);
const deployment = (name: string, namespace = agentNamespace) =>
  rig.find<Deployment>('deployment', name, namespace);
const argsOf = (found: Deployment | undefined) => found?.spec?.template.spec?.containers[0]?.args ?? [];

const isApplied = async (name: string) => {
  const found = await klusterlet(name);
  const condition = findCondition(found.status?.conditions, 'Applied');
  const isCurrent = found.status?.observedGeneration === found.metadata.generation;
  return condition?.status === 'True' && isCurrent ? found : undefined;
};
const untilApplied = (name: string) => waitForKlusterlet(rig, `${name} applied`, () => isApplied(name));

/** The key of the hub kubeconfig that makes the cluster's name known and the work agent wanted. */
const hubSecret = (data: Record<string, string> = {}, namespace = agentNamespace) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'hub-kubeconfig-secret', namespace },
  stringData: data,
});

describe('Default mode', () => {
  test('installs agents, permissions and CRDs, and lists them (operator.md 83, 98)', async () => {
    await rig.apply(klusterletOf('klusterlet'));
    const { status } = await untilApplied('klusterlet');

    expect(status?.relatedResources).toHaveLength(24);
    expect(status?.generations?.map(({ name }) => name)).toEqual([
      'klusterlet-registration-agent',
      'klusterlet-work-agent',
    ]);
    const count = async (kinds: string, ...args: string[]) =>
      (
        await rig.list(
          kinds,
          '--selector=open-cluster-management.io/created-by-klusterlet=klusterlet',
          ...args,
        )
      ).length;
    expect(await count('clusterroles')).toBe(6);
    expect(await count('clusterrolebindings')).toBe(6);
    expect(await count('roles', '--all-namespaces')).toBe(3);
    expect(await count('rolebindings', '--all-namespaces')).toBe(4);
    expect(await count('serviceaccounts', '--all-namespaces')).toBe(2);
    expect(await count('deployments', '--all-namespaces')).toBe(2);
    expect(await count('namespaces')).toBe(2);

    expect(argsOf(await deployment('klusterlet-registration-agent'))).toEqual([
      '/registration',
      'agent',
      '--spoke-cluster-name=cluster1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
      '--spoke-external-server-urls=https://localhost',
    ]);
  });

  test('keeps the work agent at none until there is a hub kubeconfig, and returns it there (operator.md 93, 94)', async () => {
    const replicas = async () => (await deployment('klusterlet-work-agent'))?.spec?.replicas;
    await waitForKlusterlet(rig, 'the reason', async () => {
      const found = findCondition(
        (await klusterlet('klusterlet')).status?.conditions,
        'HubConnectionDegraded',
      );
      return found?.reason === 'BootstrapSecretMissing,HubKubeConfigSecretMissing';
    });
    expect(await replicas()).toBe(0);
    const { kubeconfigYaml: kubeconfig } = controlPlane;
    await rig.apply(hubSecret({ 'cluster-name': 'cluster1', kubeconfig }));
    await waitForKlusterlet(rig, 'the work agent wanted', async () => (await replicas()) === 1);
    expect(argsOf(await deployment('klusterlet-work-agent'))).toHaveLength(8);
    await rig.remove('secret', 'hub-kubeconfig-secret', agentNamespace);
    await waitForKlusterlet(rig, 'the work agent at none', async () => (await replicas()) === 0);
    await rig.apply(hubSecret({ 'cluster-name': 'cluster1', kubeconfig }));
    await waitForKlusterlet(rig, 'the work agent wanted again', async () => (await replicas()) === 1);
  });

  test.each([
    ['deployment', 'klusterlet-registration-agent', agentNamespace],
    ['serviceaccount', 'klusterlet-work-sa', agentNamespace],
    ['clusterrole', 'open-cluster-management:klusterlet-work:execution', undefined],
    ['clusterrole', 'open-cluster-management:klusterlet-work:aggregate', undefined],
    ['clusterrolebinding', 'open-cluster-management:klusterlet-registration:agent', undefined],
    ['role', 'open-cluster-management:management:klusterlet:extension-apiserver', 'kube-system'],
    ['rolebinding', 'open-cluster-management:management:klusterlet-work:agent', 'kube-system'],
    ['crd', 'clusterclaims.cluster.open-cluster-management.io', undefined],
  ])('brings a deleted %s %s back (operator.md 119)', async (kind, name, namespace) => {
    const { metadata } = await rig.get(kind, name, namespace);
    await rig.remove(kind, name, namespace);
    await waitForKlusterlet(rig, `${kind} ${name} again`, async () => {
      const found = await rig.find(kind, name, namespace);
      return found && found.metadata.uid !== metadata.uid && !found.metadata.deletionTimestamp;
    });
  });

  test('gives the work agent what users label for it (operator.md 119)', async () => {
    const as = `--as=system:serviceaccount:${agentNamespace}:klusterlet-work-sa`;
    const may = async () =>
      (
        await controlPlane
          .kubectl(['auth', 'can-i', 'create', 'flowschemas.flowcontrol.apiserver.k8s.io', as])
          .catch((error: Error) => error.message)
      ).includes('yes');
    expect(await may()).toBe(false);
    await rig.apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'users', labels: { 'open-cluster-management.io/aggregate-to-work': 'true' } },
      rules: [{ apiGroups: ['flowcontrol.apiserver.k8s.io'], resources: ['flowschemas'], verbs: ['create'] }],
    });
    await waitForKlusterlet(rig, 'the permission', may);
    await rig.remove('clusterrole', 'users');
    await waitForKlusterlet(rig, 'no permission', async () => !(await may()));
  });

  test('takes back an edit of a Deployment (operator.md 116)', async () => {
    await controlPlane.kubectl([
      'set',
      'image',
      '--namespace',
      agentNamespace,
      'deployment/klusterlet-registration-agent',
      'registration-controller=example.com/mine:1',
    ]);
    await waitForKlusterlet(rig, 'the image back', async () => {
      const found = await deployment('klusterlet-registration-agent');
      const isBack = found?.spec?.template.spec?.containers[0]?.image === registrationImage;
      const entry = (await klusterlet('klusterlet')).status?.generations?.find(
        ({ name }) => name === 'klusterlet-registration-agent',
      );
      return isBack && entry?.lastGeneration === found?.metadata.generation;
    });
  });

  test('goes to Singleton and back, with nothing of the other mode left (operator.md 84, 117)', async () => {
    await rig.apply(klusterletOf('klusterlet', { deployOption: { mode: 'Singleton' } }));
    const { status } = await untilApplied('klusterlet');
    expect(status?.relatedResources).toHaveLength(22);
    expect(await deployment('klusterlet-agent')).toBeDefined();
    await waitForKlusterlet(rig, 'the two agents gone', async () => {
      const names = (await rig.list('deployments', '--namespace', agentNamespace)).map(
        ({ metadata }) => metadata.name,
      );
      return names.length === 1;
    });
    await waitForKlusterlet(
      rig,
      'their ServiceAccount gone',
      async () => !(await rig.find('serviceaccount', 'klusterlet-registration-sa', agentNamespace)),
    );
    await rig.apply(klusterletOf('klusterlet', { deployOption: { mode: 'Default' } }));
    const back = await untilApplied('klusterlet');
    expect(back.status?.relatedResources).toHaveLength(24);
    await waitForKlusterlet(rig, 'the one agent gone', async () => !(await deployment('klusterlet-agent')));
  });

  test('copies the image pull secret, and takes back only its own copies (operator.md 126, D26)', async () => {
    const name = 'open-cluster-management-image-pull-credentials';
    const pullSecret = (namespace: string, auth: string) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name, namespace },
      type: 'kubernetes.io/dockerconfigjson',
      stringData: { '.dockerconfigjson': JSON.stringify({ auths: { [auth]: {} } }) },
    });
    await rig.apply(
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'addon-one', labels: { 'addon.open-cluster-management.io/namespace': 'true' } },
      },
      {
        apiVersion: 'v1',
        kind: 'Namespace',
        metadata: { name: 'addon-two', labels: { 'addon.open-cluster-management.io/namespace': 'true' } },
      },
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'unlabelled' } },
      pullSecret('addon-two', 'users.example.com'),
    );
    const own = await rig.get<Secret>('secret', name, 'addon-two');
    await rig.apply(pullSecret('open-cluster-management', 'ours.example.com'));
    const copies = ['addon-one', agentNamespace, addonNamespace];
    const source = await rig.get<Secret>('secret', name, 'open-cluster-management');
    for (const namespace of copies)
      await waitForKlusterlet(rig, `the copy in ${namespace}`, async () => {
        const copy = await rig.find<Secret>('secret', name, namespace);
        return copy?.data?.['.dockerconfigjson'] === source.data?.['.dockerconfigjson'];
      });
    expect(await rig.find('secret', name, 'unlabelled')).toBeUndefined();
    await rig.remove('namespace', 'addon-two');
    await rig.remove('secret', name, 'open-cluster-management');
    for (const namespace of copies)
      await waitForKlusterlet(
        rig,
        `no copy in ${namespace}`,
        async () => !(await rig.find('secret', name, namespace)),
      );
    await rig.apply(pullSecret(agentNamespace, 'users.example.com'));
    await controlPlane.kubectl(['annotate', 'klusterlet', 'klusterlet', 'touched=yes']);
    await rig.remove('namespace', 'addon-one');
    expect(own.data).toBeDefined();
    expect(await rig.find('secret', name, agentNamespace)).toBeDefined();
  });

  /** Everything that a Klusterlet may have to do with, whoever made it. */
  const everything = async (): Promise<string[]> => {
    const kinds =
      'clusterroles,clusterrolebindings,roles,rolebindings,serviceaccounts,deployments,secrets,configmaps,namespaces,crds';
    const found = await rig.list(kinds, '--all-namespaces');
    return found.map(({ kind, metadata: { namespace, name } }) =>
      namespace ? `${kind} ${namespace}/${name}` : `${kind} ${name}`,
    );
  };

  test('is removed with everything but its CRDs (operator.md 129)', async () => {
    const uid = (await klusterlet('klusterlet')).metadata.uid as string;
    const work = (name: string, agentID: string) => ({
      apiVersion: 'work.open-cluster-management.io/v1',
      kind: 'AppliedManifestWork',
      metadata: {
        name,
        finalizers: ['cluster.open-cluster-management.io/applied-manifest-work-cleanup', 'example.com/other'],
      },
      spec: { hubHash: 'hash', agentID, manifestWorkName: name },
    });
    await rig.apply(work('ours', uid), work('theirs', 'another'));
    const theirs = await rig.get('appliedmanifestwork', 'theirs');
    const before = await everything();
    await rig.remove('klusterlet', 'klusterlet', undefined, '--wait=false');
    await waitForKlusterlet(
      rig,
      'the Klusterlet gone',
      async () => !(await rig.find('klusterlet', 'klusterlet')),
    );
    await waitForKlusterlet(rig, 'both namespaces gone', async () => {
      const names = (await rig.list('namespaces')).map(({ metadata }) => metadata.name);
      return !names.includes(agentNamespace) && !names.includes(addonNamespace);
    });
    // Upstream makes 28 deletions for these 26: the two ServiceAccounts are in both of its lists, of the managed and of
    // the management cluster, which are one here.
    const installed = [
      `Deployment ${agentNamespace}/klusterlet-registration-agent`,
      `Deployment ${agentNamespace}/klusterlet-work-agent`,
      `Secret ${agentNamespace}/hub-kubeconfig-secret`,
      `ServiceAccount ${agentNamespace}/klusterlet-registration-sa`,
      `ServiceAccount ${agentNamespace}/klusterlet-work-sa`,
      'ClusterRole open-cluster-management:klusterlet-registration:agent',
      'ClusterRole open-cluster-management:klusterlet-registration:addon-management',
      'ClusterRole open-cluster-management:klusterlet-work:agent',
      'ClusterRole open-cluster-management:klusterlet-work:execution',
      'ClusterRole open-cluster-management:klusterlet-work:aggregate',
      'ClusterRole open-cluster-management:management:klusterlet-registration:addon-management',
      'ClusterRoleBinding open-cluster-management:klusterlet-registration:agent',
      'ClusterRoleBinding open-cluster-management:klusterlet-registration:addon-management',
      'ClusterRoleBinding open-cluster-management:klusterlet-work:agent',
      'ClusterRoleBinding open-cluster-management:klusterlet-work:aggregate',
      'ClusterRoleBinding open-cluster-management:klusterlet-work:execution-admin',
      'ClusterRoleBinding open-cluster-management:management:klusterlet-registration:addon-management',
      'Role kube-system/open-cluster-management:management:klusterlet:extension-apiserver',
      `Role ${agentNamespace}/open-cluster-management:management:klusterlet-registration:agent`,
      `Role ${agentNamespace}/open-cluster-management:management:klusterlet-work:agent`,
      `RoleBinding ${agentNamespace}/open-cluster-management:management:klusterlet-registration:agent`,
      `RoleBinding ${agentNamespace}/open-cluster-management:management:klusterlet-work:agent`,
      'RoleBinding kube-system/open-cluster-management:management:klusterlet-registration:agent',
      'RoleBinding kube-system/open-cluster-management:management:klusterlet-work:agent',
      `Namespace ${agentNamespace}`,
      `Namespace ${addonNamespace}`,
    ];
    expect(installed).toHaveLength(26);
    const goWithNamespaces = [
      ...[agentNamespace, addonNamespace].flatMap((namespace) => [
        `ConfigMap ${namespace}/kube-root-ca.crt`,
        `ServiceAccount ${namespace}/default`,
      ]),
      // A user's own, from the test before.
      `Secret ${agentNamespace}/open-cluster-management-image-pull-credentials`,
    ];
    const after = await everything();
    expect(before.filter((each) => !after.includes(each)).sort()).toEqual(
      [...installed, ...goWithNamespaces].sort(),
    );
    expect(after.filter((each) => !before.includes(each))).toEqual([]);
    expect((await rig.get('appliedmanifestwork', 'ours')).metadata.finalizers).toEqual(['example.com/other']);
    expect(await rig.get('appliedmanifestwork', 'theirs')).toEqual(theirs);
    for (const crd of [
      'appliedmanifestworks.work.open-cluster-management.io',
      'clusterclaims.cluster.open-cluster-management.io',
    ])
      expect((await rig.get('crd', crd)).metadata.annotations ?? {}).not.toHaveProperty(
        'operator.open-cluster-management.io/version',
      );
  });
});
