import type { KubeObject } from './object.ts';
import { type Resource, apiVersionOf } from './resource.ts';

/**
 * Brings objects into the form in which the client hands them out: each names its own kind, which lists leave out and
 * metadata-only answers replace by PartialObjectMetadata; with `metadataOnly` it has nothing else but metadata,
 * whatever the server sent.
 */
export const shapeOf = <T extends KubeObject>(
  resource: Resource<T>,
  metadataOnly = false,
): ((object: T) => T) => {
  const { kind } = resource;
  // One string for all objects, instead of one that each brings along.
  const apiVersion = apiVersionOf(resource);
  if (metadataOnly) return ({ metadata }) => ({ apiVersion, kind, metadata }) as T;
  return (object) => {
    object.apiVersion = apiVersion;
    object.kind = kind;
    return object;
  };
};
