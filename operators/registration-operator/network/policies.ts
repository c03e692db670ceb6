import { operatorFeatures } from '../../api/features.ts';
import type { Client } from '../../runtime/client/client.ts';
import { networkPolicies } from '../../runtime/client/kubernetes.ts';
import { mayDo } from '../../runtime/client/self-review.ts';
import type { ObjectRef, RelatedResource } from '../apply/index.ts';
import { bundleNamedBy, type Bundles, type SetName } from '../bundle/index.ts';
import { type FeatureGate, isFeatureOn } from '../feature-gates.ts';

/** The gate of a registration list (since-1.3.1 2.1, 3.1). */
export const wantsPolicies = (gates: readonly FeatureGate[] | undefined): boolean =>
  isFeatureOn(gates, operatorFeatures, 'NetworkPolicies');

/**
 * The gate, when it is on and none of these images leads to a bundle that has policies: it does nothing then. Images whose
 * tags name no bundle are taken for new ones.
 */
export const gateWithoutEffect = (
  gates: readonly FeatureGate[] | undefined,
  bundles: Bundles,
  set: SetName,
  images: readonly (string | undefined)[],
): string[] => {
  const feature = 'NetworkPolicies';
  const lacks = (image: string | undefined): boolean => {
    const bundle = bundleNamedBy(bundles, image);
    return bundle !== undefined && !bundle.sets[set]?.features.includes(feature);
  };
  return wantsPolicies(gates) && images.every(lacks) ? [feature] : [];
};

/**
 * The policy that cuts everything which no other allows. It comes after those and goes before them, so that Pods are never
 * cut from what they need.
 */
export const isDenyAll = ({ kind, name }: { kind?: string; name: string }): boolean =>
  kind === networkPolicies.kind && name === 'default-deny-all';

/** In the order in which they may be removed. */
export const denyFirst = <T extends { ref: Pick<ObjectRef, 'name' | 'resource'> }>(
  entries: readonly T[],
): T[] => {
  const rank = ({ ref: { name, resource } }: T) => (isDenyAll({ kind: resource.kind, name }) ? 0 : 1);
  return entries.toSorted((a, b) => rank(a) - rank(b));
};

/** Whether the operator may read network policies. Roles of before have no such rule, and then there is none to remove. */
export const mayReadPolicies = (client: Client): Promise<boolean> =>
  mayDo(client, { verb: 'watch', group: networkPolicies.group, resource: networkPolicies.plural });

/** Whether policies are wanted, or may be there from when they were; `mayRead` as {@link mayReadPolicies} says. */
export const mayHavePolicies = (
  gates: readonly FeatureGate[] | undefined,
  listed: readonly Pick<RelatedResource, 'resource'>[] | undefined,
  mayRead: boolean,
): boolean =>
  mayRead ||
  wantsPolicies(gates) ||
  (listed ?? []).some(({ resource }) => resource === networkPolicies.plural);
