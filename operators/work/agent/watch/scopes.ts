import { type Resource, apiVersionOf } from '../../../runtime/client/resource.ts';

/** What one watch covers: one object, a namespace, or the whole cluster. */
export interface Scope {
  namespace?: string;
  name?: string;
}

export type Breadth = 'name' | 'namespace' | 'cluster';

/** Most watches of one resource by name, then by namespace, before the next wider breadth is cheaper. */
const maxByName = 4;
const maxByNamespace = 8;

export const resourceKey = (resource: Resource): string => `${apiVersionOf(resource)}/${resource.plural}`;

/**
 * How wide to watch a resource of which these names are managed, by namespace. What is wide already becomes narrow again
 * only when half as many remain, so that a set that grows and shrinks at the limit does not open and close watches.
 */
export const breadthFor = (
  names: ReadonlyMap<string, ReadonlySet<string>>,
  current: Breadth | undefined,
): Breadth => {
  const total = [...names.values()].reduce((sum, { size }) => sum + size, 0);
  const byName = current === undefined || current === 'name' ? maxByName : maxByName / 2;
  if (total <= byName) return 'name';
  const byNamespace = current === 'cluster' ? maxByNamespace / 2 : maxByNamespace;
  return names.size <= byNamespace ? 'namespace' : 'cluster';
};

/** Names the watch that covers an object. */
export const scopeKey = (breadth: Breadth, namespace: string, name: string): string => {
  if (breadth === 'cluster') return '*';
  return breadth === 'namespace' ? `${namespace}/*` : `${namespace}/${name}`;
};

const scopeOf = (breadth: Breadth, namespace: string, name: string): Scope => ({
  ...(namespace && breadth !== 'cluster' ? { namespace } : {}),
  ...(breadth === 'name' ? { name } : {}),
});

/** The watches of one breadth that cover all names, by {@link scopeKey}. */
export const scopesFor = (
  names: ReadonlyMap<string, ReadonlySet<string>>,
  breadth: Breadth,
): Map<string, Scope> =>
  new Map(
    [...names].flatMap(([namespace, members]) =>
      [...members].map(
        (name) => [scopeKey(breadth, namespace, name), scopeOf(breadth, namespace, name)] as const,
      ),
    ),
  );
