import type { Secret } from '../../runtime/client/kubernetes.ts';
import { encode } from './secret.ts';

/** The Secret `ns/source` with these texts, for tests. */
export const secretOf = (data: Record<string, string>, more: Partial<Secret> = {}): Secret => ({
  metadata: { name: 'source', namespace: 'ns' },
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])),
  ...more,
});
