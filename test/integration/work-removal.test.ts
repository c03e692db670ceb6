import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { configMaps, leases, namespaces, secrets } from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { waitFor } from '../cluster/index.ts';
import { type WorkRig, cluster, configMap, startWorkRig } from './work/rig.ts';

/** The agent on the managed cluster: it may do all that works here need, but not delete Secrets or watch Leases. */
const agentUser = 'limited-agent';
let rig: WorkRig;

beforeAll(async () => {
  rig = await startWorkRig({
    name: 'work-removal',
    args: ['--status-sync-interval=2s'],
    spokeUser: agentUser,
  });
  const all = ['get', 'list', 'watch', 'create', 'update', 'patch'];
  const rules = [
    { apiGroups: ['', 'work.open-cluster-management.io'], resources: ['*'], verbs: all },
    // Leases can be looked at one by one, and not watched.
    {
      apiGroups: ['coordination.k8s.io'],
      resources: ['leases'],
      verbs: ['get', 'create', 'patch', 'delete'],
    },
    { apiGroups: ['', 'work.open-cluster-management.io'], resources: allowed, verbs: ['delete'] },
  ];
  const role = { apiVersion: rbac, kind: 'ClusterRole', metadata: { name: agentUser }, rules };
  await rig.spoke.kubectl(['create', '--filename=-'], JSON.stringify(role));
  await rig.spoke.kubectl([
    'create',
    'clusterrolebinding',
    agentUser,
    `--clusterrole=${agentUser}`,
    `--user=${agentUser}`,
  ]);
  await keepsLabelled();
  await rig.startAgent();
});
afterAll(() => rig?.stop());

const rbac = 'rbac.authorization.k8s.io/v1';
const allowed = ['configmaps', 'namespaces', 'appliedmanifestworks'];
const deleting = 'Deleting';
const goneFromHub = (name: string) => rig.gone(rig.onHub, manifestWorks, name, cluster);
const ownersOf = (object: { metadata: UnknownObject['metadata'] }) => object.metadata.ownerReferences ?? [];

/** An admission policy that lets nobody delete ConfigMaps with the label `keep`. */
const keepsLabelled = async (): Promise<void> => {
  const api = 'admissionregistration.k8s.io/v1';
  const policy = {
    apiVersion: api,
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'keep' },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: [''], apiVersions: ['v1'], operations: ['DELETE'], resources: ['configmaps'] },
        ],
      },
      validations: [
        { expression: "!('keep' in oldObject.metadata.?labels.orValue({}))", message: 'it is to be kept' },
      ],
    },
  };
  const binding = {
    apiVersion: api,
    kind: 'ValidatingAdmissionPolicyBinding',
    metadata: { name: 'keep' },
    spec: { policyName: 'keep', validationActions: ['Deny'] },
  };
  for (const object of [policy, binding])
    await rig.spoke.kubectl(['create', '--filename=-'], JSON.stringify(object));
  await rig.onSpoke.create(configMaps, configMap('probe', {}, { labels: { keep: 'yes' } }));
  await waitFor('the policy to hold', () =>
    rig.onSpoke.delete(configMaps, { name: 'probe', namespace: 'default' }, { dryRun: true }).then(
      () => false,
      () => true,
    ),
  );
};
const kept = (name: string) => configMap(name, {}, { labels: { keep: 'yes' } });
const release = (name: string) =>
  rig.onSpoke.patch(
    configMaps,
    { name, namespace: 'default' },
    { type: 'merge', body: { metadata: { labels: { keep: null } } } },
  );
const orphan = { deleteOption: { propagationPolicy: 'Orphan' as const } };

describe('a work that is being deleted', () => {
  test('says which object an admission policy keeps; Orphan lets it end, and the object lives', async () => {
    await rig.create('policy', [kept('kept'), configMap('goes')]);
    await rig.applied('policy');
    await rig.remove('policy');
    const { status, reason, message } = await rig.says('policy', deleting, /ConfigMap default\/kept: /);
    expect([status, reason]).toEqual(['True', 'WorkDeleting']);
    expect(message).toMatch(/^ManifestWork is being deleted; still there: .*it is to be kept.* Orphan$/);
    expect(message).not.toContain('goes');
    await rig.gone(rig.onSpoke, configMaps, 'goes', 'default');

    await rig.change('policy', orphan);
    await goneFromHub('policy');
    expect(ownersOf(await rig.onSpoke.get(configMaps, 'kept', 'default'))).toEqual([]);
  });

  test('says what right is missing, and ends when it is granted', async () => {
    const secret = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'locked', namespace: 'default' },
      stringData: { password: 'swordfish' },
    };
    await rig.create('right', [secret]);
    await rig.applied('right');
    await rig.remove('right');
    const { message } = await rig.says(
      'right',
      deleting,
      /Secret default\/locked: .*cannot delete resource "secrets"/,
    );
    expect(message).toContain('grant the right to the work agent');
    expect(message).not.toContain('swordfish');
    const rule = { apiGroups: [''], resources: ['secrets'], verbs: ['delete'] };
    await rig.spoke.kubectl([
      'patch',
      'clusterrole',
      agentUser,
      '--type=json',
      `--patch=${JSON.stringify([{ op: 'add', path: '/rules/-', value: rule }])}`,
    ]);
    await goneFromHub('right');
    expect(await rig.onSpoke.find(secrets, 'locked', 'default')).toBeUndefined();
  });

  test('says whose finalizer an object waits for; Orphan ends it there too', async () => {
    await rig.create('held', [configMap('held', {}, { finalizers: ['example.com/hold'] })]);
    await rig.applied('held');
    await rig.remove('held');
    await rig.says(
      'held',
      deleting,
      /ConfigMap default\/held: is being deleted and waits for: .*example\.com\/hold/,
    );
    await rig.change('held', orphan);
    await goneFromHub('held');
    const body = { metadata: { finalizers: null } };
    await rig.onSpoke.patch(configMaps, { name: 'held', namespace: 'default' }, { type: 'merge', body });
  });

  test('says that the managed cluster does not answer, and ends when it does', async () => {
    await rig.create('silent', [configMap('silent')]);
    await rig.applied('silent');
    await rig.spoke.shutdown();
    await rig.remove('silent');
    const { message } = await rig.says('silent', deleting, /still there: .*API server does not answer/);
    expect(message).toMatch(/AppliedManifestWork [0-9a-f]+-silent/);
    await rig.spoke.restart();
    await goneFromHub('silent');
    expect(await rig.onSpoke.find(configMaps, 'silent', 'default')).toBeUndefined();
  });

  test('is not held by a namespace that nobody can delete', async () => {
    const lasting = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];
    const manifests = lasting.map((name) => ({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name, labels: { team: 'a' } },
    }));
    const uids = async () =>
      Promise.all(lasting.map(async (name) => (await rig.onSpoke.get(namespaces, name)).metadata.uid));
    const before = await uids();
    await rig.create('lasting', [...manifests, configMap('beside')]);
    await rig.applied('lasting');
    await rig.remove('lasting');
    await goneFromHub('lasting');
    expect(await uids()).toEqual(before);
    for (const name of lasting) expect(ownersOf(await rig.onSpoke.get(namespaces, name))).toEqual([]);
    expect(await rig.onSpoke.find(configMaps, 'beside', 'default')).toBeUndefined();
    await waitFor('the agent to have said so', async () =>
      (await rig.agentLog()).includes('nobody can delete it'),
    );
  });

  test('says of hundreds of objects as much as there is room for', async () => {
    const names = Array.from({ length: 150 }, (_, index) => `many-${index}`);
    await rig.create('many', names.map(kept));
    await rig.applied('many');
    await rig.remove('many');
    const { message } = await rig.says('many', deleting, /default\/many-\d+: .*; and \d+ more/);
    expect(message.length).toBeLessThan(4_096);
    await rig.change('many', orphan);
    await goneFromHub('many');
  });
});

test('work.md 77: values of an object that cannot be watched are looked up', async () => {
  const lease = (leaseTransitions: number) => ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'unwatched', namespace: 'default' },
    spec: { leaseTransitions },
  });
  await rig.create('unwatched', [lease(1)], {
    manifestConfigs: [
      {
        resourceIdentifier: {
          group: 'coordination.k8s.io',
          resource: 'leases',
          name: 'unwatched',
          namespace: 'default',
        },
        updateStrategy: { type: 'CreateOnly' },
        feedbackScrapeType: 'Watch',
        feedbackRules: [
          { type: 'JSONPaths', jsonPaths: [{ name: 'transitions', path: '.spec.leaseTransitions' }] },
        ],
      },
    ],
  });
  const shows = (wanted: number) =>
    waitFor(`the value ${wanted}`, async () => {
      const [manifest] = (await rig.find('unwatched'))?.status?.resourceStatus?.manifests ?? [];
      return manifest?.statusFeedback?.values?.[0]?.fieldValue.integer === wanted;
    });
  await shows(1);
  await waitFor('the agent to be refused the watch', async () => {
    const lines = (await rig.agentLog()).split('\n');
    return lines.some((line) => line.includes('leases') && /cannot (list|watch) resource/.test(line));
  });
  const name = { name: 'unwatched', namespace: 'default' };
  await rig.onSpoke.patch(leases, name, { type: 'merge', body: { spec: { leaseTransitions: 2 } } });
  await shows(2);
});

describe('a work that lives on', () => {
  test('says what left it and cannot be removed, until it is', async () => {
    await rig.create('lives', [kept('left'), configMap('stays')]);
    await rig.applied('lives');
    await rig.change('lives', { workload: { manifests: [configMap('stays')] } });
    const { status, reason } = await rig.says(
      'lives',
      'Applied',
      /^Apply manifest work complete; cannot remove all objects that left the work: ConfigMap default\/left: .*it is to be kept/,
    );
    expect([status, reason]).toEqual(['True', 'AppliedManifestWorkComplete']);
    await release('left');
    await rig.gone(rig.onSpoke, configMaps, 'left', 'default');
    await rig.says('lives', 'Applied', /^Apply manifest work complete$/);
  });

  test('leaves what it orphans by the same edit', async () => {
    await rig.create('edits', [configMap('edited-out'), configMap('edited-in')]);
    await rig.applied('edits');
    await rig.change('edits', { ...orphan, workload: { manifests: [configMap('edited-in')] } });
    await waitFor(
      'the object to be let go',
      async () => ownersOf(await rig.onSpoke.get(configMaps, 'edited-out', 'default')).length === 0,
    );
  });
});
