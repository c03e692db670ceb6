import { expect, test } from '@jest/globals';
import { untilQuiet, waitFor } from './wait.ts';

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

test('what comes to rest late has come to rest', async () => {
  const counts = [0, 1, 2, 3];
  expect(await untilQuiet('it', async () => counts.shift() ?? 4, 80)).toBe(4);
});
