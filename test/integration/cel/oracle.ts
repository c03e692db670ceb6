import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { environment } from '../../../operators/runtime/cel/environment.ts';
import {
  CelCompileError,
  CelEvaluationError,
  CelProgramError,
} from '../../../operators/runtime/cel/errors.ts';
import { compile } from '../../../operators/runtime/cel/program.ts';
import { dyn } from '../../../operators/runtime/cel/types/type.ts';
import { fromJson } from '../../../operators/runtime/cel/values/json.ts';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { describeValue, normalized } from './describe.ts';

export interface Question {
  expression: string;
  object: unknown;
  costLimit?: number;
}

/** What an expression comes to: a value and its cost, or the step that fails. */
export interface Answer {
  value?: unknown;
  cost?: number;
  stage?: 'compile' | 'program' | 'evaluate';
  error?: string;
}

/** What a call may cost in Kubernetes. */
const perCall = 1_000_000;

/** The answers of cel-go with the libraries of Kubernetes, all of one process. */
export const askOracle = async (questions: readonly Question[]): Promise<Answer[]> => {
  const oracle = spawn(await ensureBinaryOf('cel-oracle'), { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(oracle, 'exit');
  const lines = questions.map((question) => JSON.stringify({ costLimit: perCall, ...question }));
  oracle.stdin.end(`${lines.join('\n')}\n`);
  const output = await text(oracle.stdout);
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new Error(`the oracle ended with ${code}`);
  return output
    .trimEnd()
    .split('\n')
    .map((line) => {
      const answer = JSON.parse(line) as Answer;
      return answer.stage ? answer : { ...answer, value: normalized(answer.value) };
    });
};

const declarations = environment({ object: dyn });

/** Our answer to a question. */
export const ask = ({ expression, object, costLimit = perCall }: Question): Answer => {
  try {
    const program = compile(expression, declarations);
    const { value, cost } = program.evaluate({ object: fromJson(object) }, { cost: costLimit });
    return { value: describeValue(value), cost };
  } catch (error) {
    if (error instanceof CelCompileError) return { stage: 'compile', error: error.message };
    if (error instanceof CelProgramError) return { stage: 'program', error: error.message };
    if (error instanceof CelEvaluationError)
      return { stage: 'evaluate', error: error.message, cost: error.cost };
    throw error;
  }
};

/** What must be the same: the value and its cost, or the step that failed; the words of errors may differ. */
export const essence = ({ value, cost, stage }: Answer): Answer =>
  stage ? { stage } : { value, cost: cost! };
