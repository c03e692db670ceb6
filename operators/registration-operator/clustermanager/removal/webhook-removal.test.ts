import { describe, expect, test } from '@jest/globals';
import { guards } from './webhook-removal.ts';

describe('faults R9: the CRD that a webhook guards', () => {
  const asked = (apiGroups: string[], resources: string[]) => ({
    webhooks: [
      { rules: [{ apiGroups: ['other'], resources: ['pods'] }] },
      { rules: [{ apiGroups, resources }] },
    ],
  });
  test.each([
    ['group and resource', asked(['a.io'], ['works']), true],
    ['one of several', asked(['b.io', 'a.io'], ['sets', 'works']), true],
    ['another group', asked(['b.io'], ['works']), false],
    ['a subresource only', asked(['a.io'], ['works/status']), false],
    ['a longer name', asked(['a.io'], ['works2']), false],
    ['no webhooks', {}, false],
    ['no rules', { webhooks: [{}] }, false],
  ])('%s', (_, configuration, expected) => {
    expect(guards(configuration, 'works.a.io')).toBe(expected);
  });
});
