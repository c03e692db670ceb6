import type { JsonMap } from '../../operators/runtime/client/json.ts';
import { entriesOf, isKind, type Kind, KINDS, withEntries, withEntry } from './entries.ts';

type Type = 'text' | 'flag' | 'bytes';

/** The fields of entries that hold one value. */
const FIELDS: Record<Kind, Record<string, Type>> = {
  clusters: {
    server: 'text',
    'tls-server-name': 'text',
    'insecure-skip-tls-verify': 'flag',
    'certificate-authority': 'text',
    'certificate-authority-data': 'bytes',
    'proxy-url': 'text',
    'disable-compression': 'flag',
  },
  contexts: { cluster: 'text', user: 'text', namespace: 'text' },
  users: {
    'client-certificate': 'text',
    'client-certificate-data': 'bytes',
    'client-key': 'text',
    'client-key-data': 'bytes',
    token: 'text',
    tokenFile: 'text',
    as: 'text',
    'as-uid': 'text',
    username: 'text',
    password: 'text',
  },
};

/** What a property names: `current-context`, a list, an entry of it or a field of one. */
export type Property =
  { kind?: undefined } | { kind: Kind; name?: undefined } | { kind: Kind; name: string; field?: string };

/**
 * Reads `users.NAME.token` and the like; names may have dots in them.
 * @throws Error for a property that a kubeconfig does not have
 */
export const parseProperty = (text: string): Property => {
  if (text === 'current-context') return {};
  const [kind = '', ...rest] = text.split('.');
  if (!isKind(kind) || rest.some((part) => part === '')) {
    throw new Error(
      `there is no property ${text}: name current-context, or ${Object.keys(KINDS).join(', ')} with a name and a field, such as clusters.NAME.server`,
    );
  }
  if (rest.length === 0) return { kind };
  const field = rest.at(-1)!;
  return rest.length > 1 && Object.hasOwn(FIELDS[kind], field)
    ? { kind, name: rest.slice(0, -1).join('.'), field }
    : { kind, name: rest.join('.') };
};

const valueOf = (type: Type, value: string, raw: boolean): string | boolean => {
  switch (type) {
    case 'text':
      return value;
    case 'flag':
      if (value !== 'true' && value !== 'false')
        throw new Error(`the value must be true or false, and not ${value}`);
      return value === 'true';
    case 'bytes':
      if (raw) return Buffer.from(value).toString('base64');
      if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value) || value.length % 4 !== 0)
        throw new Error('the value is not base64: encode it, or give it as it is with --set-raw-bytes');
      return value;
  }
};

/**
 * Sets one value; an entry that is not there yet comes with it.
 * @param raw whether the value of a field of bytes is to be encoded
 * @throws Error for what is not one value
 */
export const setProperty = (root: JsonMap, text: string, value: string, raw: boolean): JsonMap => {
  const property = parseProperty(text);
  if (property.kind === undefined) return { ...root, 'current-context': value };
  const { kind } = property;
  if (property.name === undefined || property.field === undefined) {
    throw new Error(
      `${text} is not one value: name a field of an entry, which is one of ${Object.keys(FIELDS[kind]).join(', ')}`,
    );
  }
  const { name, field } = property;
  const fields = { ...entriesOf(root, kind).get(name), [field]: valueOf(FIELDS[kind][field]!, value, raw) };
  return withEntry(root, kind, name, fields);
};

/** Takes a value, an entry or a whole list away; what is not there is no error. */
export const unsetProperty = (root: JsonMap, text: string): JsonMap => {
  const property = parseProperty(text);
  if (property.kind === undefined) return { ...root, 'current-context': '' };
  const { kind } = property;
  if (property.name === undefined) return withEntries(root, kind, new Map());
  const { name, field } = property;
  if (field === undefined) return withEntry(root, kind, name);
  const entry = entriesOf(root, kind).get(name);
  // A name may end as a field is called.
  if (!entry) return withEntry(root, kind, `${name}.${field}`);
  const { [field]: _, ...others } = entry;
  return withEntry(root, kind, name, others);
};
