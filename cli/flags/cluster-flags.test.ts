import { describe, expect, test } from '@jest/globals';
import { chosenClusters, requiredClusters } from './cluster-flags.ts';

describe('clusters (cli.md 50)', () => {
  const given = (flag: string) => flag === 'clusters';

  test('--cluster and --clusters together, each once', () => {
    expect(chosenClusters({ cluster: 'a', clusters: ['b', 'a', 'b'] }, given)).toEqual(['b', 'a']);
  });

  test('none', () => {
    expect(() => requiredClusters({ cluster: '', clusters: [] }, () => false)).toThrow(
      'either --cluster or --clusters needs to be set',
    );
    expect(chosenClusters({ cluster: '', clusters: [] }, () => false)).toEqual([]);
  });

  test.each(['A', 'a.b', '-a', 'c'.repeat(64)])('%s is no name of a cluster', (name) => {
    const flags = { cluster: '', clusters: ['a', name] };
    expect(() => chosenClusters(flags, given)).toThrow(`a cluster cannot be named "${name}": `);
  });

  test('an empty --clusters, whatever --cluster says', () => {
    expect(() => chosenClusters({ cluster: 'a', clusters: [] }, given)).toThrow(
      '--clusters cannot be set as an empty value',
    );
  });
});
