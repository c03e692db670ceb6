import { styleText } from 'node:util';
import { DUMP_SCHEMA, dump } from 'js-yaml';

/** The printers of the `get` family (cli.md 1.9). */

export type Tree = { [segment: string]: Tree | string };

export interface Listing {
  /** The root of the tree view. */
  kind: string;
  tree: Tree;
  columns: string[];
  rows: (string | string[])[][];
  items: object[];
}

/** Columns as kubectl lays them out: upper case, padded to the widest cell and three spaces. */
export const table = (
  columns: string[],
  rows: (string | string[])[][],
  title = (column: string) => column.toUpperCase(),
): string => {
  if (rows.length === 0) return '';
  const cells = [columns.map(title), ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]!.length)));
  return cells
    .map((row) =>
      row
        .map((value, index) => value.padEnd(widths[index]! + 3))
        .join('')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n');
};

/** As Go prints a list: `[a b]`. */
export const cell = (value: string | string[]): string =>
  Array.isArray(value) ? `[${value.join(' ')}]` : value;

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

/** Prints a listing in the format of `-o`; throws for an unknown one. */
export const printListing = (listing: Listing, output: string, color = false): string => {
  switch (output) {
    case 'tree':
      return tree(listing.kind, listing.tree, color);
    case 'table':
      return table(listing.columns, listing.rows);
    case 'yaml':
      return yamlDocuments(listing.items);
    default:
      throw new Error('invalid output format: choose tree, table or yaml');
  }
};
