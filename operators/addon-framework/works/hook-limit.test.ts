import { describe, expect, test } from '@jest/globals';
import { hookLimit, hookLimitText } from './hook-limit.ts';

const key = 'addon.open-cluster-management.io/pre-delete-timeout';
const object = (annotations?: Record<string, string>) => ({
  metadata: { name: 'a', namespace: 'c', annotations, deletionTimestamp: '2026-01-01T00:00:00Z' },
});
const limit = (addon?: Record<string, string>, cluster?: Record<string, string>) =>
  hookLimit(object(), hookLimitText(object(addon), object(cluster)));

describe('addon.md A17: how long hooks are waited for', () => {
  test.each([
    ['10m', '2026-01-01T00:10:00Z'],
    ['1h30m', '2026-01-01T01:30:00Z'],
    ['500ms', '2026-01-01T00:00:00Z'],
  ])('%s after the deletion, until %s', (text, until) => {
    const { deadlineMs, note } = limit({ [key]: text });
    expect(Math.floor(deadlineMs / 1000) * 1000).toBe(Date.parse(until));
    expect(note).toBe(`The add-on goes without them at ${until}.`);
  });

  test.each<Record<string, string> | undefined>([undefined, {}, { other: '10m' }])(
    'for ever, where nobody set a limit: %j',
    (annotations) => {
      expect(limit(annotations)).toEqual({ deadlineMs: Infinity });
    },
  );

  test.each(['', 'soon', '10', '0', '0s', '-5m', '<script>', `${'9'.repeat(400)}h`])(
    'for ever, and told, where the limit is no duration: %j',
    (text) => {
      const { deadlineMs, note } = limit({ [key]: text });
      expect(deadlineMs).toBe(Infinity);
      expect(note).toBe(`There is no time limit, since annotation ${key} is no duration, such as 10m.`);
    },
  );

  test('as its cluster says, unless the add-on says otherwise', () => {
    const [onCluster, onAddon] = [{ [key]: '1h' }, { [key]: '10m' }];
    expect(limit(undefined, onCluster)).toEqual(limit(onCluster));
    expect(limit(onAddon, onCluster)).toEqual(limit(onAddon));
  });
});
