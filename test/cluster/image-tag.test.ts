import { expect, test } from '@jest/globals';
import { imagesOfOtherTag } from './image-tag.ts';

test.each<[image: string | undefined, said: string[]]>([
  ['r.example:5000/work:v1', []],
  [`r.example/work:v0@sha256:${'0'.repeat(64)}`, []],
  ['r.example/work:v10', ['work does not end with expected tag: v1 (actual: r.example/work:v10)']],
  ['r.example/work', ['work does not end with expected tag: v1 (actual: r.example/work)']],
  [undefined, ['work does not end with expected tag: v1 (actual: none)']],
])('packaging.md 89: %s', (work, said) => {
  expect(imagesOfOtherTag({ work }, 'v1')).toEqual(said);
});
