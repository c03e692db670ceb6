import { expect, test } from '@jest/globals';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { type Applied, repeatNote } from './repeats.ts';

const job = (spec: object = { ttlSecondsAfterFinished: 0 }): UnknownObject => ({
  metadata: { name: 'j', uid: 'new' },
  spec,
});
const applied = (rest: Partial<Applied> = {}): Applied => ({
  meta: { ordinal: 0, group: 'batch', version: 'v1', kind: 'Job', resource: 'jobs', name: 'j' },
  options: {},
  found: job(),
  ...rest,
});
const complete = { conditionRules: [{ type: 'WellKnownConditions' as const, condition: 'Complete' }] };
const words = repeatNote(applied(), 'old', undefined)!;

test('a Job that runs again and again is told how to run once', () => {
  expect(words).toMatch(/ttlSecondsAfterFinished.*WellKnownConditions with condition Complete/);
});

test.each<[string, Applied, string | undefined, string | undefined, boolean]>([
  ['the first time', applied(), undefined, undefined, false],
  ['as long as it is the same', applied(), 'new', undefined, false],
  ['the second time', applied(), 'old', undefined, true],
  ['afterwards', applied(), 'new', `Apply manifest complete; ${words}`, true],
  ['when a rule says that it is complete', applied({ options: complete }), 'old', words, false],
  ['without a time to live', applied({ found: job({}) }), 'old', words, false],
  ['when it is gone', applied({ found: undefined }), 'old', words, false],
  ['another kind', applied({ meta: { ...applied().meta, kind: 'CronJob' } }), 'old', words, false],
])('%s', (_, object, recordedUid, earlier, isSaid) => {
  expect(repeatNote(object, recordedUid, earlier)).toBe(isSaid ? words : undefined);
});
