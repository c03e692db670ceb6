import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { HubHistory } from './hub-history.ts';

const work = (generation: number, resourceVersion: string, uid = 'u'): ManifestWork => ({
  metadata: { name: 'w', uid, generation, resourceVersion },
});

/** What an agent heard, one change after the other, and where its hub is now. */
const historyOf = (revision: string, ...changes: Change<ManifestWork>[]): HubHistory => {
  const hub = { revision: () => Promise.resolve(revision) } as unknown as Client;
  const works = {
    onChange: (handler: (change: Change<ManifestWork>) => void) => {
      for (const change of changes) handler(change);
      return () => {};
    },
  };
  return new HubHistory(hub, works, 'cluster1');
};
const { signal } = new AbortController();
const added = (object: ManifestWork): Change<ManifestWork> => ({ type: 'added', object });
const updated = (previous: ManifestWork, object: ManifestWork): Change<ManifestWork> => ({
  type: 'updated',
  previous,
  object,
});

describe('faults R16: a hub was set back', () => {
  test.each<[string, string, Change<ManifestWork>[], string | undefined, boolean]>([
    [
      'when it is behind what was heard',
      '98',
      [added(work(1, '99')), added(work(1, '50', 'v'))],
      undefined,
      true,
    ],
    [
      'when it is behind what was deleted',
      '98',
      [{ type: 'deleted', object: work(1, '99') }],
      undefined,
      true,
    ],
    ['when it is behind what was written down', '98', [added(work(1, '50'))], '99', true],
    ['not when it is as far', '99', [added(work(1, '99'))], '98', false],
    ['not when nothing is known', '1', [], undefined, false],
    ['not when versions cannot be compared', 'b', [added(work(1, 'c'))], undefined, false],
  ])('%s', async (_, revision, changes, written, expected) => {
    expect(await historyOf(revision, ...changes).isSetBack(written, signal)).toBe(expected);
  });
});

describe('faults R16: a work shows an older state', () => {
  const [first, third, fourth] = [work(1, '10'), work(3, '30'), work(4, '12')];
  test.each<[string, Change<ManifestWork>[], number | undefined]>([
    ['until it is as new as it was', [added(third), updated(third, first)], 3],
    ['however often that happens', [added(third), updated(third, first), updated(first, work(2, '11'))], 3],
    ['not any more then', [added(third), updated(third, first), updated(first, fourth)], undefined],
    [
      'not when it is gone',
      [added(third), updated(third, first), { type: 'deleted', object: first }],
      undefined,
    ],
    ['not when it never was newer', [added(first), updated(first, third)], undefined],
  ])('%s', (_, changes, expected) => {
    expect(historyOf('99', ...changes).laterGenerationOf(first)).toBe(expected);
  });
});
