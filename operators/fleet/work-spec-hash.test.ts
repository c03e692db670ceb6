import { describe, expect, test } from '@jest/globals';
import type { ManifestWorkSpec } from '../api/generated/work.ts';
import { workSpecHash } from './work-spec-hash.ts';

const resourceIdentifier = { resource: 'configmaps', name: 'a' };
const spec = (config: object = {}, data: object = {}): ManifestWorkSpec => ({
  workload: { manifests: [{ kind: 'ConfigMap', metadata: { name: 'a' }, data }] },
  manifestConfigs: [{ resourceIdentifier, ...config }],
});

describe('the hash of a work', () => {
  test.each<[string, ManifestWorkSpec, ManifestWorkSpec, boolean]>([
    ['what the API server fills in', spec(), spec({ feedbackScrapeType: 'Poll' }), true],
    [
      'a strategy that is the usual one',
      spec({ updateStrategy: { type: 'ServerSideApply', serverSideApply: { force: true } } }),
      spec({
        updateStrategy: {
          type: 'ServerSideApply',
          serverSideApply: { force: true, fieldManager: 'work-agent' },
        },
      }),
      true,
    ],
    ['another option', spec(), spec({ feedbackScrapeType: 'Watch' }), false],
    ['empty parts', spec({ feedbackRules: [] }), spec(), true],
    // Of users' own objects nothing is filled in.
    ['the same words in a manifest', spec({}, { condition: 'OnSpokePresent' }), spec(), false],
    ['another manifest', spec({}, { a: 'b' }), spec(), false],
  ])('addon.md 7.2: %s: the same is %j', (_, one, other, same) => {
    expect(workSpecHash(one) === workSpecHash(other)).toBe(same);
  });
});
