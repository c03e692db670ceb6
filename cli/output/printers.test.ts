import { describe, expect, test } from '@jest/globals';
import { type Listing, printListing, yamlDocuments } from './printers.ts';

const listing: Listing = {
  kind: 'ManagedCluster',
  tree: { b: { Accepted: 'true', Capacity: { Cpu: '2' } }, a: { Accepted: 'false' } },
  columns: ['Name', 'Namespaces'],
  rows: [
    ['a', []],
    ['longer', ['x', 'y']],
  ],
  items: [{ metadata: { name: 'a' } }, { metadata: { name: 'longer' } }],
};

describe('printListing (cli.md 65)', () => {
  test('tree, sorted', () => {
    expect(printListing(listing, 'tree')).toBe(
      [
        '<ManagedCluster> ',
        '├── a ',
        '│   └── Accepted false',
        '└── b ',
        '    ├── Accepted true',
        '    └── Capacity ',
        '        └── Cpu 2',
        '',
      ].join('\n'),
    );
  });

  test('table', () => {
    expect(printListing(listing, 'table')).toBe('NAME     NAMESPACES\na        []\nlonger   [x y]\n');
  });

  test('cli.md 66: a table without rows is empty', () => {
    expect(printListing({ ...listing, rows: [] }, 'table')).toBe('');
  });

  test('yaml, a document for each item', () => {
    expect(printListing(listing, 'yaml')).toBe('metadata:\n  name: a\n---\nmetadata:\n  name: longer\n');
  });

  test('yaml that kubectl reads as it is meant', () => {
    const items = [{ a: 9007199254740993n, b: '9007199254740993', c: '0400', d: 'no', e: 'y', f: -3n }];
    expect(yamlDocuments(items)).toBe(
      "a: 9007199254740993\nb: '9007199254740993'\nc: '0400'\nd: 'no'\ne: 'y'\nf: -3\n",
    );
  });

  test('wide has the age too', () => {
    const items = [
      { metadata: { name: 'a' } },
      { metadata: { name: 'longer', creationTimestamp: '2020-01-01T00:00:00Z' } },
    ];
    const wide = { columns: ['Url'], rows: [['u'], ['v']] };
    expect(printListing({ ...listing, items, wide }, 'wide')).toMatch(
      /^NAME +NAMESPACES +AGE +URL\na +\[\] +<unknown> +u\nlonger +\[x y\] +\d+d +v\n$/,
    );
  });

  test.each(['json', 'JSON', 'xml', 'name=x', 'go-template'])('%s is refused', (format) => {
    expect(() => printListing(listing, format)).toThrow(/invalid output format|is not offered/);
  });
});
