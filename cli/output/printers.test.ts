import { describe, expect, test } from '@jest/globals';
import { type Listing, printListing } from './printers.ts';

const listing: Listing = {
  kind: 'ManagedCluster',
  tree: { b: { Accepted: 'true', Capacity: { Cpu: '2' } }, a: { Accepted: 'false' } },
  columns: ['Name', 'Namespaces'],
  rows: [
    ['a', []],
    ['longer', ['x', 'y']],
  ],
  items: [{ a: 1 }, { b: 2 }],
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
    expect(printListing(listing, 'yaml')).toBe('a: 1\n---\nb: 2\n');
  });

  test('yaml that kubectl reads as it is meant', () => {
    const items = [{ a: 9007199254740993n, b: '9007199254740993', c: '0400', d: 'no', e: 'y', f: -3n }];
    expect(printListing({ ...listing, items }, 'yaml')).toBe(
      "a: 9007199254740993\nb: '9007199254740993'\nc: '0400'\nd: 'no'\ne: 'y'\nf: -3\n",
    );
  });

  test('another format is refused', () => {
    expect(() => printListing(listing, 'json')).toThrow('invalid output format');
  });
});
