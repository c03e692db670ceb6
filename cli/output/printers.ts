import { styleText } from 'node:util';
import { DUMP_SCHEMA, dump } from 'js-yaml';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import { age } from './age.ts';
import { OBJECT_FORMATS, printObjects } from './formats.ts';
import { table } from './table.ts';

/** The printers of the `get` family (cli.md 1.9). */

export type Tree = { [segment: string]: Tree | string };

export interface Listing {
  /** The root of the tree view. */
  kind: string;
  tree: Tree;
  columns: string[];
  rows: (string | string[])[][];
  /** What `-o wide` has beside the columns and the age: a row for each of `rows`. */
  wide?: { columns: string[]; rows: (string | string[])[][] };
  /** One for each of `rows`, in their order. */
  items: KubeObject[];
}

export const LISTING_FORMATS = ['tree', 'table', 'wide', 'yaml', ...OBJECT_FORMATS];

const tree = (kind: string, root: Tree, color = false): string => {
  const lines = [`<${kind}> `];
  const walk = (node: Tree, indent: string) => {
    const segments = Object.keys(node).sort((a, b) => (a < b ? -1 : 1));
    segments.forEach((segment, index) => {
      const last = index === segments.length - 1;
      const child = node[segment]!;
      const text = typeof child === 'string' ? ` ${paint(child, color)}` : ' ';
      lines.push(`${indent}${last ? '└── ' : '├── '}${segment}${text}`);
      if (typeof child !== 'string') walk(child, `${indent}${last ? '    ' : '│   '}`);
    });
  };
  walk(root, '');
  return `${lines.join('\n')}\n`;
};

const paint = (value: string, color: boolean): string =>
  color && value === 'false' ? styleText('red', value) : value;

/** Quotes what YAML 1.1 or 1.2 would take for something else, and writes also integers that a number does not hold. */
const schema = DUMP_SCHEMA.withTags(
  DUMP_SCHEMA.tags
    .filter((tag) => tag.nodeKind === 'scalar' && tag.tagName === 'tag:yaml.org,2002:int')
    .map((tag) => ({
      ...tag,
      identify: (value: unknown) => typeof value === 'bigint' || tag.identify(value),
      represent: (value: unknown) => (typeof value === 'bigint' ? String(value) : tag.represent(value)),
    })) as never[],
);

export const yamlDocuments = (objects: object[]): string =>
  objects.map((object) => dump(object, { noRefs: true, lineWidth: -1, schema })).join('---\n');

/**
 * Prints a listing in the format of `-o`. JSON is none of them, as scripts expect (cli.md 65): `jsonpath={}` is JSON.
 * @throws Error for an unknown format, and one that cannot be read
 */
export const printListing = (listing: Listing, output: string, color = false): string => {
  switch (output) {
    case 'tree':
      return tree(listing.kind, listing.tree, color);
    case 'table':
      return table(listing.columns, listing.rows);
    case 'wide':
      return wideTable(listing);
    case 'yaml':
      return yamlDocuments(listing.items);
    default: {
      const text = printObjects({ all: listing.items }, output);
      if (text === undefined)
        throw new Error(`invalid output format: choose of ${LISTING_FORMATS.join(', ')}`);
      return text;
    }
  }
};

const wideTable = ({ columns, rows, wide, items }: Listing): string =>
  table(
    [...columns, 'Age', ...(wide?.columns ?? [])],
    rows.map((row, index) => [
      ...row,
      age(items[index]!.metadata.creationTimestamp),
      ...(wide?.rows[index] ?? []),
    ]),
  );
