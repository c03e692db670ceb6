import type { UnknownObject } from '../../../runtime/client/object.ts';

/** Stands for each value of a Secret. */
export const withheld = '(the data of a Secret stays on its cluster)';

/** kubectl keeps all that was applied there. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const keysOnly = (data: unknown): unknown =>
  typeof data === 'object' && data !== null
    ? Object.fromEntries(Object.keys(data).map((key) => [key, withheld]))
    : data;

/**
 * What may be told to the hub of an object: all of it, but of a Secret which keys it has, and not their values
 * (faults-attacks-asks.md B4, docs/decisions/039-secrets-stay-on-their-cluster.md).
 */
export const told = (object: UnknownObject): UnknownObject => {
  if (object.apiVersion !== 'v1' || object.kind !== 'Secret') return object;
  const { [lastApplied]: _, ...annotations } = object.metadata.annotations ?? {};
  return {
    ...object,
    metadata: { ...object.metadata, annotations },
    ...('data' in object ? { data: keysOnly(object['data']) } : {}),
  };
};
