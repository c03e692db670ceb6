import type { Klusterlet } from '../../../api/generated/operator.ts';
import { label, namespace as namespaceName } from '../../../api/names.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { type Applied, applyCrd, type Cluster, describe, refOf } from '../../apply/index.ts';
import type { RenderedObject } from '../../bundle/index.ts';
import type { Dependencies } from '../dependencies.ts';
import { InstallError } from './applied-status.ts';

type Reason = InstallError['reason'];

/** Where the objects of a stage go, and on whose behalf. */
export interface Destination {
  deps: Dependencies;
  klusterlet: Klusterlet;
  cluster: Cluster;
}

/** Applies each object whatever becomes of the others, and then fails if any failed. */
const applyEach = async (
  objects: UnknownObject[],
  reason: Reason,
  apply: (object: UnknownObject) => Promise<Applied | undefined>,
): Promise<Applied[]> => {
  const results = await Promise.allSettled(objects.map(apply));
  const failures = results.flatMap((result, index) =>
    result.status === 'rejected'
      ? [{ object: objects[index] as UnknownObject, error: result.reason as unknown }]
      : [],
  );
  if (failures.length > 0)
    throw new InstallError(
      reason,
      failures.map(({ object, error }) => `${describe(refOf(object))}: ${messageOf(error)}`).join('; '),
      { cause: new AggregateError(failures.map(({ error }) => error)) },
    );
  return results.flatMap((result) => (result.status === 'fulfilled' && result.value ? [result.value] : []));
};

const isNamespace = ({ object }: RenderedObject): boolean => object.kind === 'Namespace';
const isAggregate = ({ object }: RenderedObject): boolean => object.aggregationRule !== undefined;

/** CRDs of the managed cluster; one that a newer operator owns stays as it is, and is listed all the same. */
export const applyCrds = (
  { deps, klusterlet, cluster }: Destination,
  objects: RenderedObject[],
  version: string,
): Promise<Applied[]> =>
  applyEach(
    objects.map(({ object }) => object),
    'CRDApplyFailed',
    async (crd) =>
      (await applyCrd(deps.applier, cluster, klusterlet.metadata.name, crd, version)) ?? {
        ref: refOf(crd),
        written: false,
      },
  );

/**
 * Whether an object is kept by another Klusterlet of the cluster: the namespace of add-ons serves them all. One whose
 * agents run elsewhere is known to another operator only; here its own namespace tells that it is there.
 */
const isKeptByAnother = async (
  { deps, klusterlet, cluster }: Destination,
  object: UnknownObject,
): Promise<boolean> => {
  const { resource, name } = refOf(object);
  if (name !== namespaceName.addon) return false;
  const live = await cluster.client.find(resource, name);
  const keeper = live?.metadata.labels?.[label.createdByKlusterlet];
  if (!keeper || keeper === klusterlet.metadata.name) return false;
  const known = deps.klusterlets.list().find(({ metadata }) => metadata.name === keeper);
  if (known) return !known.metadata.deletionTimestamp;
  const { items } = await cluster.client.list(resource, {
    labelSelector: `${label.klusterlet}=${keeper}`,
    metadataOnly: true,
  });
  return items.some(({ metadata }) => !metadata.deletionTimestamp);
};

/** Namespaces come first, since everything else may live in them. */
export const applyNamespaces = (destination: Destination, objects: RenderedObject[]): Promise<Applied[]> => {
  const { deps, klusterlet, cluster } = destination;
  return applyEach(
    objects.filter(isNamespace).map(({ object }) => object),
    'KlusterletApplyFailed',
    async (object) =>
      (await isKeptByAnother(destination, object))
        ? undefined
        : deps.applier.apply(cluster, klusterlet.metadata.name, object),
  );
};

/**
 * What a stage has besides namespaces. An aggregate ClusterRole is created where it is missing and left alone where it
 * is not (operator.md 5.3); it is not among what is returned, which is what status lists.
 */
export const applyObjects = async (
  { deps, klusterlet, cluster }: Destination,
  objects: RenderedObject[],
  reason: Reason,
): Promise<Applied[]> => {
  const apply = (object: UnknownObject) => deps.applier.apply(cluster, klusterlet.metadata.name, object);
  const others = objects.filter((rendered) => !isNamespace(rendered));
  await applyEach(
    others.filter(isAggregate).map(({ object }) => object),
    reason,
    async (object) => {
      const { resource, name } = refOf(object);
      return (await cluster.client.find(resource, name)) ? undefined : apply(object);
    },
  );
  return applyEach(
    others.filter((rendered) => !isAggregate(rendered)).map(({ object }) => object),
    reason,
    apply,
  );
};
