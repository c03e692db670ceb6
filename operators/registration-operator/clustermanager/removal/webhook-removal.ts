import type { Cluster, ObjectRef } from '../../apply/index.ts';
import { isEmptying } from './crd-removal.ts';

/** What matters here of either kind of webhook configuration. */
interface WebhookConfiguration {
  webhooks?: { rules?: { apiGroups?: string[]; resources?: string[] }[] }[];
}

/** Whether a webhook is asked about objects of a CRD, which is named `<plural>.<group>`. */
export const guards = ({ webhooks = [] }: WebhookConfiguration, crd: string): boolean => {
  const dot = crd.indexOf('.');
  const [plural, group] = [crd.slice(0, dot), crd.slice(dot + 1)];
  return webhooks.some(({ rules = [] }) =>
    rules.some(
      ({ apiGroups = [], resources = [] }) => apiGroups.includes(group) && resources.includes(plural),
    ),
  );
};

/**
 * The webhook configurations for CRDs whose objects are all going. There is nothing left to guard, and the Pods behind
 * them may be gone already: nobody could take the last finalizers off then, and the removal would never end.
 */
export const idleGuards = async (
  hub: Cluster,
  configurations: readonly ObjectRef[],
  crds: readonly string[],
): Promise<ObjectRef[]> => {
  const emptying = new Map<string, boolean>();
  for (const name of crds) emptying.set(name, await isEmptying(hub, name));
  const idle: ObjectRef[] = [];
  for (const ref of configurations) {
    const live = await hub.client.find(ref.resource, ref.name);
    const guarded = live ? crds.filter((name) => guards(live as WebhookConfiguration, name)) : [];
    if (guarded.length > 0 && guarded.every((name) => emptying.get(name))) idle.push(ref);
  }
  return idle;
};
