import { expect, test } from '@jest/globals';
import { failuresOf, reasonOf } from './failures.ts';

test('a reason is one line without colours and stack', () => {
  expect(
    reasonOf('\u001b[31mError: hub: kubectl get x: status 1\nnot found\u001b[39m\n    at look (a.ts:1:2)\n'),
  ).toBe('Error: hub: kubectl get x: status 1 not found');
});

test('of a comparison the reason is what differs', () => {
  const text =
    'Error: expect(received).toEqual(expected)\n\n- Expected  - 1\n+ Received  + 1\n\n  [\n-   1,\n+   2,\n    3,\n  ]';
  expect(reasonOf(text)).toBe(
    'Error: expect(received).toEqual(expected) - Expected - 1 + Received + 1 - 1, + 2,',
  );
});

test('a long reason keeps its start and its end', () => {
  const reason = reasonOf(`Error: ${'x'.repeat(5000)}\nForbidden: no`);
  expect(reason).toMatch(/^Error: x+ … x+ Forbidden: no$/);
  expect(reason.length).toBe(403);
});

const file = { status: 'failed' as const, name: '/root/test/a.test.ts', message: 'Cannot find module' };

test('failures are named by file and test; those that did not try are counted', () => {
  const failed = (fullName: string, reason: string) => ({
    status: 'failed',
    fullName,
    failureMessages: [reason],
  });
  const assertionResults = [
    { status: 'passed', fullName: 'one' },
    failed('two', 'Error: no\n    at a.ts:1:1'),
    failed('three', 'Error: "two" failed before\n    at story.ts:14:23'),
    failed('four', 'Error: "two" failed before\n    at story.ts:14:23'),
  ];
  expect(failuresOf('/root', { ...file, assertionResults })).toEqual([
    'test/a.test.ts › two: Error: no',
    'test/a.test.ts: 2 did not try, since one before them failed',
  ]);
});

test('a file that failed before its tests is named with its message', () => {
  expect(failuresOf('/root', { ...file, assertionResults: [] })).toEqual([
    'test/a.test.ts: Cannot find module',
  ]);
});
