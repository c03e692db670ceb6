import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from '@jest/globals';
import { ensureBinaryOf } from '../cluster/binaries.ts';
import { patience } from '../cluster/wait.ts';
import { generated } from './cel/generate.ts';
import { object } from './cel/object.ts';
import { type Answer, type Question, ask, askOracle, essence } from './cel/oracle.ts';

beforeAll(async () => void (await ensureBinaryOf('cel-oracle')), 12 * patience);

const folder = join(import.meta.dirname, 'cel/corpus');

const corpus = async (): Promise<string[]> => {
  const files = await Promise.all(
    (await readdir(folder)).map((file) => readFile(join(folder, file), 'utf8')),
  );
  return files.flatMap((text) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#')));
};

/** Our answers and those of the oracle, each with its question, so that a difference tells of what. */
const compared = async (
  questions: readonly Question[],
  view: (answer: Answer) => Answer = essence,
): Promise<{ ours: object[]; theirs: object[] }> => {
  const theirs = await askOracle(questions);
  const told = (answer: Answer, index: number) => ({
    expression: questions[index]!.expression,
    ...view(answer),
  });
  return { ours: questions.map(ask).map(told), theirs: theirs.map(told) };
};

test('work.md 4.3, placement.md 6.1: values and costs of a corpus are those of cel-go', async () => {
  const expressions = await corpus();
  expect(expressions.length).toBeGreaterThan(1000);
  const { ours, theirs } = await compared(expressions.map((expression) => ({ expression, object })));
  expect(ours).toEqual(theirs);
});

/** Where a failure may be left behind, a call that never was made may have its cost counted or not. */
const leavesFailures = /&&|\|\||\.all\(|\.exists\(/;

test('work.md 4.3, placement.md 6.1: and those of generated expressions', async () => {
  const questions = generated(1500, 28).map((expression) => ({ expression, object }));
  const plain = questions.filter(({ expression }) => !leavesFailures.test(expression));
  expect(plain.length).toBeGreaterThan(750);
  const costs = await compared(plain);
  expect(costs.ours).toEqual(costs.theirs);
  const values = await compared(questions, ({ stage, value }) => (stage ? { stage } : { value }));
  expect(values.ours).toEqual(values.theirs);
});

test('work.md 84, placement.md 30, 32: errors are in the words of cel-go', async () => {
  const expressions = [
    'foo',
    'object.a ==\n  bar',
    '1 + "a"',
    '"a".contains(1)',
    '"a".foo()',
    '[1].all(x, x)',
    '5.all(x, true)',
    '"%d".format(["a"])',
    'object.missing',
    'object.a.missing == 1',
    'object.l[7]',
    'object.l["a"]',
    '1 / 0',
    '1 % 0',
    '9223372036854775807 + 1',
    'optional.none().value()',
    '[].max()',
    'object.s.substring(99)',
  ];
  const { ours, theirs } = await compared(
    expressions.map((expression) => ({ expression, object })),
    ({ stage, error }) => ({ stage: stage!, error: error! }),
  );
  expect(ours).toEqual(theirs);
});

test('placement.md 6.1.2, 33, work.md 86: an evaluation ends at the cost at which cel-go ends it', async () => {
  const all = (await corpus()).filter((expression) => !expression.includes('||'));
  const costs = await askOracle(all.map((expression) => ({ expression, object })));
  const questions = all.flatMap((expression, index): Question[] => {
    const { cost = 0, stage } = costs[index]!;
    if (stage || cost === 0) return [];
    return [cost, cost - 1].map((costLimit) => ({ expression, object, costLimit }));
  });
  expect(questions.length).toBeGreaterThan(1000);
  const { ours, theirs } = await compared(questions);
  expect(ours).toEqual(theirs);
});
