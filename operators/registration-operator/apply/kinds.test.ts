import { expect, test } from '@jest/globals';
import { resourceOf } from './kinds.ts';

test('operator.md 80: an object of a kind that operators do not apply is an error that names it', () => {
  expect(() => resourceOf({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'x' } })).toThrow(
    /batch\/v1 Job x/,
  );
});
