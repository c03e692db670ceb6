import type { KubeObject } from './object.ts';

/**
 * Names one resource of the API: what a URL needs, and the kind that its objects carry.
 * The type parameter is the TypeScript type of its objects; nothing of it exists at run time.
 */
export interface Resource<T extends KubeObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  readonly type?: T;
}

export const apiVersionOf = ({ group, version }: Pick<Resource, 'group' | 'version'>): string =>
  group ? `${group}/${version}` : version;

/** `plural.group`, the name people and RBAC use: `deployments.apps`, `pods`. */
export const qualifiedName = ({ group, plural }: Pick<Resource, 'group' | 'plural'>): string =>
  group ? `${plural}.${group}` : plural;

/** The path of a collection or, with a name, of an object; every segment is percent-encoded. */
export const pathOf = (
  resource: Resource,
  namespace?: string,
  name?: string,
  subresource?: string,
): string => {
  const root = resource.group ? `/apis/${resource.group}` : '/api';
  const scope = resource.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  const object = name === undefined ? '' : `/${encodeURIComponent(name)}`;
  return `${root}/${resource.version}${scope}/${resource.plural}${object}${subresource ? `/${subresource}` : ''}`;
};
