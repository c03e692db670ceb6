import { isMap, type JsonMap } from '../../operators/runtime/client/json.ts';
import { entriesOf, withEntries } from './entries.ts';

/** Fields that kubectl hides too, and what stands in their place. */
const HIDDEN: Record<string, string> = {
  token: 'REDACTED',
  password: 'REDACTED',
  'client-key-data': 'DATA+OMITTED',
  'client-certificate-data': 'DATA+OMITTED',
  'certificate-authority-data': 'DATA+OMITTED',
};

const hide = (fields: JsonMap): JsonMap =>
  Object.fromEntries(
    Object.entries(fields).map(([field, value]) => {
      if (Object.hasOwn(HIDDEN, field) && value) return [field, HIDDEN[field]];
      if (field === 'auth-provider' && isMap(value))
        return [field, { ...value, config: hideAll(value['config']) }];
      if (field === 'exec' && isMap(value) && Array.isArray(value['env']))
        return [
          field,
          { ...value, env: value['env'].map((one) => (isMap(one) ? { ...one, value: 'REDACTED' } : one)) },
        ];
      return [field, value];
    }),
  );

const hideAll = (config: unknown): unknown =>
  isMap(config) ? Object.fromEntries(Object.keys(config).map((key) => [key, 'REDACTED'])) : config;

/**
 * A kubeconfig that may be shown: without credentials. More is hidden than kubectl hides: what an authentication provider
 * keeps, and the environment of programs that make credentials.
 */
export const redacted = (root: JsonMap): JsonMap => {
  let shown = root;
  for (const kind of ['clusters', 'users'] as const) {
    const entries = [...entriesOf(root, kind)].map(([name, fields]) => [name, hide(fields)] as const);
    shown = withEntries(shown, kind, new Map(entries));
  }
  return shown;
};
