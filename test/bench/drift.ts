/**
 * `node test/bench/drift.ts`: how fast the operators repair what somebody edits or deletes. Every object that a
 * ClusterManager and a Klusterlet list in status is edited once and deleted once, against real API servers with the
 * operators from source. A time counts from the moment at which the API server has made the damage: for a deletion that is
 * when the object is gone, so that the server's own clean-up of a CRD is not the operator's.
 */
import { clusterManagers, klusterlets, type KlusterletSpec } from '../../operators/api/generated/operator.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import type { Client, DiscoveredResource } from '../../operators/runtime/client/client.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { patience, startControlPlane, waitFor } from '../cluster/index.ts';
import {
  clientOf,
  controlPlaneOptions,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForSettled,
} from '../integration/clustermanager/harness.ts';
import { rigOf } from '../integration/klusterlet/operator.ts';
import { figure, percentile } from './figures.ts';

/** What somebody might do to an object of a kind; the label of the owner is common to all. */
const damage: Readonly<Record<string, object>> = {
  ClusterRole: { rules: [] },
  Role: { rules: [] },
  ClusterRoleBinding: { subjects: [] },
  RoleBinding: { subjects: [] },
  Service: { spec: { selector: { app: 'somebody-else' } } },
  Deployment: { spec: { replicas: 7 } },
  CustomResourceDefinition: { spec: { names: { shortNames: ['damaged'] } } },
  ValidatingWebhookConfiguration: { webhooks: [] },
  MutatingWebhookConfiguration: { webhooks: [] },
};

interface Target {
  resource: DiscoveredResource;
  name: string;
  namespace?: string;
}

/** What an object says, without what the server counts and records. */
const contentOf = ({ metadata, ...rest }: UnknownObject): string =>
  JSON.stringify([{ ...rest, status: undefined }, metadata.labels, metadata.annotations]);

/** The body of a merge patch that damages an object. */
const damageOf = ({ kind, metadata }: UnknownObject): object => {
  const labels = Object.keys(metadata.labels ?? {}).filter((key) => key.includes('created-by'));
  return (
    damage[kind ?? ''] ?? { metadata: { labels: Object.fromEntries(labels.map((key) => [key, 'nobody'])) } }
  );
};

const target = (name: string, namespace: string | undefined) => ({
  namespace,
  fieldSelector: `metadata.name=${name}`,
  timeoutSeconds: patience / 1000,
});

/** Milliseconds until an edited object is again as it was; undefined when its edit changed nothing. */
const timeOfEdit = async (
  client: Client,
  { resource, name, namespace }: Target,
): Promise<number | undefined> => {
  const before = await client.get(resource, name, namespace);
  const patch = { type: 'merge', body: damageOf({ ...before, kind: resource.kind }) } as const;
  const edited = await client.patch(resource, { name, namespace }, patch);
  const start = performance.now();
  if (contentOf(edited) === contentOf(before)) return undefined;
  const { resourceVersion } = edited.metadata;
  for await (const event of client.watch(resource, { ...target(name, namespace), resourceVersion }))
    if (event.type !== 'BOOKMARK' && contentOf(event.object) === contentOf(before))
      return performance.now() - start;
  throw new Error(`${resource.kind} ${name} was not repaired within ${patience / 1000} s`);
};

/** Milliseconds from the moment at which a deleted object is gone until there is another one. */
const timeOfDeletion = async (client: Client, { resource, name, namespace }: Target): Promise<number> => {
  const { uid, resourceVersion } = (await client.get(resource, name, namespace)).metadata;
  await client.delete(resource, { name, namespace }, { propagationPolicy: 'Background' });
  let gone: number | undefined;
  for await (const event of client.watch(resource, { ...target(name, namespace), resourceVersion })) {
    if (event.type === 'DELETED') gone = performance.now();
    if (event.type === 'ADDED' && event.object.metadata.uid !== uid)
      return performance.now() - (gone ?? performance.now());
  }
  throw new Error(`${resource.kind} ${name} did not come back within ${patience / 1000} s`);
};

interface Related {
  group?: string;
  version?: string;
  resource?: string;
  namespace?: string;
  name?: string;
}

const targetsOf = async (client: Client, related: readonly Related[] = []): Promise<Target[]> => {
  client.invalidateDiscovery();
  const served = await client.discover();
  return related.flatMap(({ group, version, resource, namespace, name }) => {
    const found = served.find(
      (each) => each.group === group && each.version === version && each.plural === resource,
    );
    return found && name ? [{ resource: found, name, namespace }] : [];
  });
};

/** Damages all objects one after the other and prints the times; `settled` resolves when the operator has nothing to do. */
const measure = async (
  title: string,
  client: Client,
  targets: Target[],
  settled: () => Promise<unknown>,
): Promise<void> => {
  const edits: number[] = [];
  const deletions: number[] = [];
  for (const each of targets) {
    const edit = await timeOfEdit(client, each);
    if (edit !== undefined) edits.push(edit);
    await settled();
    // With its namespace goes everything in it: that is removal, not drift.
    if (each.resource.kind === 'Namespace') continue;
    deletions.push(await timeOfDeletion(client, each));
    await settled();
  }
  for (const [what, times] of [
    ['edited', edits],
    ['deleted', deletions],
  ] as const) {
    figure(`${title}: ${times.length} objects ${what}, repaired, p50`, percentile(times, 0.5), 'ms');
    figure(`${title}: ${times.length} objects ${what}, repaired, p95`, percentile(times, 0.95), 'ms', '1000');
    figure(`${title}: ${times.length} objects ${what}, repaired, longest`, Math.max(...times), 'ms');
  }
};

const hub = async (): Promise<void> => {
  const plane = await startControlPlane({ name: 'drift-hub', ...controlPlaneOptions, audit: false });
  const client = clientOf(plane);
  const rollouts = new Rollouts(client).start();
  const operator = new OperatorProcess(await prepare(plane));
  try {
    const featureGates = [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' as const }];
    await client.create(clusterManagers, {
      metadata: { name: 'cluster-manager' },
      spec: { workConfiguration: { workDriver: 'kube', featureGates } },
    });
    const status = await waitForSettled(client);
    const targets = await targetsOf(client, status?.relatedResources);
    await measure('ClusterManager', client, targets, () => waitForSettled(client));
  } finally {
    await operator.stop();
    await rollouts.stop();
    await client.close();
    await plane.stop();
  }
};

const managed = async (): Promise<void> => {
  const plane = await startControlPlane({ name: 'drift-managed' });
  const rig = await rigOf(plane);
  const client = connect(loadConnection(plane.kubeconfigPath), { userAgent: 'bench' });
  try {
    await rig.start();
    const spec: KlusterletSpec = {
      registrationImagePullSpec: 'example.com/registration:latest',
      workImagePullSpec: 'example.com/work:latest',
      clusterName: 'cluster1',
    };
    await client.create(klusterlets, { metadata: { name: 'klusterlet' }, spec });
    const settled = () =>
      waitFor('the Klusterlet applied', async () => {
        const { metadata, status } = await client.get(klusterlets, 'klusterlet');
        const applied = findCondition(status?.conditions, 'Applied');
        return applied?.status === 'True' && applied.observedGeneration === metadata.generation && status;
      });
    await measure('Klusterlet', client, await targetsOf(client, (await settled()).relatedResources), settled);
  } finally {
    await rig.dispose();
    await client.close();
    await plane.stop();
  }
};

await hub();
await managed();
