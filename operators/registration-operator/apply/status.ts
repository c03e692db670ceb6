import { apiVersionOf } from '../../runtime/client/resource.ts';
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
