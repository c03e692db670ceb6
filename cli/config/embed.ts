import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { JsonMap } from '../../operators/runtime/client/json.ts';
import { entriesOf, withEntries } from './entries.ts';
import type { ConfigFile } from './files.ts';

/** A file that a flag names, as fields of a kubeconfig: by its path, or by what is in it. */
export const fileFields = (
  field: string,
  path: string,
  embed: boolean,
): Record<string, string | undefined> => {
  if (!path) return {};
  if (!embed) return { [field]: resolve(path), [`${field}-data`]: undefined };
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    throw new Error(`could not read ${field} data from ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  return { [field]: undefined, [`${field}-data`]: content.toString('base64') };
};

/** Fields that name files, by their lists. */
const FILES = { clusters: ['certificate-authority'], users: ['client-certificate', 'client-key'] } as const;

/** A kubeconfig with what is in its files, whose paths are relative to it, in place of their paths. */
export const flattened = ({ path, root }: ConfigFile): JsonMap => {
  let whole = root;
  for (const kind of ['clusters', 'users'] as const) {
    const entries = [...entriesOf(root, kind)].map(([name, fields]) => {
      const embedded = FILES[kind].map((field) => {
        const file = fields[field];
        return typeof file === 'string' ? fileFields(field, resolve(dirname(path), file), true) : {};
      });
      const all = Object.entries(Object.assign({}, fields, ...embedded) as JsonMap);
      return [name, Object.fromEntries(all.filter(([, value]) => value !== undefined))] as const;
    });
    whole = withEntries(whole, kind, new Map(entries));
  }
  return whole;
};
