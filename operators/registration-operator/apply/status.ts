import { apiVersionOf } from '../../runtime/client/resource.ts';
import type { Condition } from '../../runtime/client/object.ts';
import type { Applied } from './applier.ts';
import type { ObjectRef } from './kinds.ts';

/** An entry of `status.relatedResources`. */
export interface RelatedResource {
  group: string;
  version: string;
  resource: string;
  namespace?: string;
  name: string;
}

/** An entry of `status.generations`. */
export interface Generation extends RelatedResource {
  lastGeneration: number;
}

export const relatedResource = ({ resource, namespace, name }: ObjectRef): RelatedResource => ({
  group: resource.group,
  version: resource.version,
  resource: resource.plural,
  ...(namespace ? { namespace } : {}),
  name,
});

/** The entries of the Deployments among what was applied. */
export const generationsOf = (applied: readonly Applied[]): Generation[] =>
  applied
    .filter(({ ref, generation }) => apiVersionOf(ref.resource) === 'apps/v1' && generation !== undefined)
    .map(({ ref, generation }) => ({ ...relatedResource(ref), lastGeneration: generation as number }));

/** A condition without its time, as a decision gives it. */
export type ConditionInput = Omit<Condition, 'lastTransitionTime'>;

const same = (a: ConditionInput, b: ConditionInput): boolean =>
  a.status === b.status &&
  a.reason === b.reason &&
  a.message === b.message &&
  a.observedGeneration === b.observedGeneration;

/** The list with this condition in it; its time moves only when the status does, and nothing at all when all is equal. */
export const withCondition = (
  conditions: readonly Condition[] | undefined,
  input: ConditionInput,
  now: Date,
): Condition[] => {
  const list = [...(conditions ?? [])];
  const at = list.findIndex(({ type }) => type === input.type);
  const previous = list[at];
  if (previous && same(previous, input)) return list;
  const lastTransitionTime =
    previous?.status === input.status ? previous.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z`;
  const condition = { ...input, lastTransitionTime };
  if (at < 0) list.push(condition);
  else list[at] = condition;
  return list;
};
