import { expect, test } from '@jest/globals';
import { waitFor } from './wait.ts';

test('returns the first result, past refusals and errors', async () => {
  const looks = [() => undefined, () => Promise.reject(new Error('not yet')), () => false, () => 'here'];
  expect(await waitFor('it', async () => looks.shift()?.(), { interval: 1 })).toBe('here');
});

test('when the deadline passes, says what was waited for and the last error', async () => {
  const waiting = waitFor('the thing', () => Promise.reject(new Error('refused')), {
    timeout: 5,
    interval: 1,
  });
  await expect(waiting).rejects.toThrow('the thing did not come about within 0.005 s: refused');
});
