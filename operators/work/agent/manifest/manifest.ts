import { isMap } from '../../../runtime/client/json.ts';
import type { ManifestWork, ResourceMeta } from '../../../api/generated/work.ts';
import type { EmbeddedObject } from '../../../api/meta.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import { withoutNulls } from './nulls.ts';

/** One manifest of a work on its way to the managed cluster. */
export interface Manifest {
  /** What the work's status says about it; its ordinal is the manifest's place in the spec. */
  meta: ResourceMeta;
  /** Present when the manifest is an object that can be applied. */
  object?: UnknownObject;
  /** Present when the managed cluster serves the manifest's kind. */
  resource?: Resource<UnknownObject>;
  /** Why the manifest cannot be applied. */
  error?: Error;
}

/** Finds what serves a kind; undefined when nothing does. */
export type ResourceFinder = (
  apiVersion: string,
  kind: string,
) => Promise<Resource<UnknownObject> | undefined>;

/** The managed cluster serves no such kind, perhaps not yet. */
export class UnknownKindError extends Error {
  override readonly name = 'UnknownKindError';

  constructor(apiVersion: string, kind: string) {
    super(
      `the server doesn't have a resource type "${kind}" (apiVersion ${apiVersion}); ` +
        'install its CustomResourceDefinition on the managed cluster or correct the manifest',
    );
  }
}

/** The manifest cannot be an object of any cluster. */
export class MalformedManifestError extends Error {
  override readonly name = 'MalformedManifestError';
}

const textOr = (value: unknown, fallback: string): string => (typeof value === 'string' ? value : fallback);

const groupVersionOf = (apiVersion: string): { group: string; version: string } => {
  const slash = apiVersion.indexOf('/');
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
};

/** Reads one manifest without asking the cluster. What a tenant of the hub wrote is not to be trusted to have any shape. */
const parse = (raw: EmbeddedObject | undefined, ordinal: number): Manifest => {
  if (!isMap(raw) || typeof raw.kind !== 'string' || raw.kind === '')
    return { meta: { ordinal }, error: new MalformedManifestError('the manifest has no kind; add one') };
  const apiVersion = textOr(raw.apiVersion, '');
  const metadata: Record<string, unknown> = isMap(raw.metadata) ? raw.metadata : {};
  const name = textOr(metadata.name, '');
  const meta: ResourceMeta = {
    ordinal,
    ...groupVersionOf(apiVersion),
    kind: raw.kind,
    namespace: textOr(metadata.namespace, ''),
    name,
  };
  if (apiVersion === '')
    return { meta, error: new MalformedManifestError('the manifest has no apiVersion; add one') };
  if (name === '')
    return { meta, error: new MalformedManifestError('the manifest has no metadata.name; add one') };
  const object = {
    ...raw,
    apiVersion,
    kind: raw.kind,
    metadata: wishesIn(metadata),
  } as unknown as UnknownObject;
  return { meta, object };
};

/**
 * What a manifest may say of an object's metadata. The rest is the cluster's to say: a manifest that was read from some
 * cluster speaks of that one's objects, and an owner of there would have the object collected here.
 */
const wishesIn = (metadata: Record<string, unknown>): Record<string, unknown> =>
  withoutNulls(
    Object.fromEntries(
      ['name', 'namespace', 'labels', 'annotations', 'finalizers'].map((key) => [key, metadata[key]]),
    ),
  );

/** Kinds of Kubernetes itself, where null says nothing; the definition of another kind may let it say something. */
const isBuiltIn = ({ group }: Resource): boolean => !group.includes('.') || group.endsWith('.k8s.io');

/** Ties a parsed manifest to the resource that serves its kind (work.md 3.3.1). */
export const resolve = async (manifest: Manifest, find: ResourceFinder): Promise<Manifest> => {
  const { object, meta } = manifest;
  if (!object) return manifest;
  const { apiVersion = '', kind = '' } = object;
  const resource = await find(apiVersion, kind);
  if (!resource) return { ...manifest, error: new UnknownKindError(apiVersion, kind) };
  const meant = isBuiltIn(resource) ? withoutNulls(object) : object;
  if (!resource.namespaced) {
    // A namespace on a cluster-scoped object would build a URL that no server knows (work.md 13, 5).
    const { namespace: _, ...metadata } = meant.metadata;
    return {
      meta: { ...meta, namespace: '', resource: resource.plural },
      object: { ...meant, metadata },
      resource,
    };
  }
  const resolved = { meta: { ...meta, resource: resource.plural }, object: meant, resource };
  if (object.metadata.namespace) return resolved;
  return {
    ...resolved,
    error: new MalformedManifestError(
      `${kind} ${object.metadata.name} has no metadata.namespace, and ${kind} is namespaced; add one`,
    ),
  };
};

/** The manifests of a work in spec order, each resolved or with the reason why it is not. */
export const manifestsOf = async (
  work: Pick<ManifestWork, 'spec'>,
  find: ResourceFinder,
): Promise<Manifest[]> =>
  Promise.all(
    (work.spec?.workload?.manifests ?? []).map((raw, ordinal) => resolveOrFail(parse(raw, ordinal), find)),
  );

const resolveOrFail = async (manifest: Manifest, find: ResourceFinder): Promise<Manifest> => {
  try {
    return await resolve(manifest, find);
  } catch (error) {
    return { ...manifest, error: error instanceof Error ? error : new Error(String(error)) };
  }
};
