import { findByJsonPath, parseJsonPath } from '../../operators/runtime/client/jsonpath/jsonpath.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import { asText, renderTemplate } from './json-path-template.ts';
import { table } from './table.ts';

/** Formats of `-o` for objects as the API server has them, as kubectl prints these. */
export const OBJECT_FORMATS = ['name', 'custom-columns=', 'jsonpath='];

/** What is printed: one object that was asked for by name, or all that were found. */
export type Found = { one: KubeObject } | { all: readonly KubeObject[] };

const itemsOf = (found: Found): readonly KubeObject[] => ('one' in found ? [found.one] : found.all);

/** A `List` as kubectl makes it, or the one object. */
export const asOne = (found: Found): object =>
  'one' in found
    ? found.one
    : { apiVersion: 'v1', kind: 'List', items: found.all, metadata: { resourceVersion: '' } };

/**
 * The text of one of {@link OBJECT_FORMATS}; undefined for another format.
 * @throws Error when the paths of the format cannot be read or followed
 */
export const printObjects = (found: Found, output: string): string | undefined => {
  const [format = '', ...rest] = output.split('=');
  const argument = rest.join('=');
  switch (format) {
    case 'name':
      if (output !== 'name') return undefined;
      return lines(itemsOf(found).map(nameOf));
    case 'custom-columns':
      return customColumns(itemsOf(found), argument);
    case 'jsonpath':
      if (!argument) throw new Error("-o jsonpath needs a template: -o jsonpath='{.metadata.name}'");
      return inWords('jsonpath', () => renderTemplate(braced(argument), asOne(found)));
    case 'go-template':
      throw new Error('-o go-template is not offered here: say it with -o jsonpath=');
    default:
      return undefined;
  }
};

const lines = (texts: readonly string[]): string => texts.map((text) => `${text}\n`).join('');

/** `managedcluster.cluster.open-cluster-management.io/c1` */
const nameOf = ({ apiVersion = '', kind = '', metadata }: KubeObject): string => {
  const group = apiVersion.includes('/') ? `.${apiVersion.split('/')[0]}` : '';
  return `${kind.toLowerCase()}${group}/${metadata.name}`;
};

/** As kubectl, which takes a path without its braces and without its dot too. */
const braced = (path: string): string =>
  path.includes('{') ? path : `{${/^[.[$@]/.test(path) ? path : `.${path}`}}`;

/** `NAME:.metadata.name,URL:.spec.url` */
const customColumns = (items: readonly KubeObject[], spec: string): string => {
  const columns = splitColumns(spec).map((column) => {
    const at = column.indexOf(':');
    if (at < 1) {
      throw new Error(
        `-o custom-columns takes NAME:PATH pairs, divided by commas, and ${column || 'none'} is none`,
      );
    }
    const path = braced(column.slice(at + 1)).replace(/^\{|\}$/g, '');
    return { title: column.slice(0, at), path: inWords('custom-columns', () => parseJsonPath(path)) };
  });
  const cellOf = (values: unknown[]) =>
    values.length === 0 ? '<none>' : values.map((value) => asText(value) || '<none>').join(',');
  const rows = items.map((item) =>
    columns.map(({ path }) => inWords('custom-columns', () => cellOf(findByJsonPath(path, item)))),
  );
  return table(
    columns.map(({ title }) => title),
    rows,
    (title) => title,
  );
};

/** Commas in brackets belong to a path. */
const splitColumns = (spec: string): string[] => spec.match(/(?:\[[^\]]*\]?|[^,[])+/g) ?? [''];

const inWords = <T>(format: string, read: () => T): T => {
  try {
    return read();
  } catch (error) {
    throw new Error(`-o ${format}: ${(error as Error).message}`, { cause: error });
  }
};
