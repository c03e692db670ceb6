/** Where an expression is wrong and why; places count UTF-16 units from 0. */
export interface Issue {
  at: number;
  message: string;
}

/** An expression that cannot be evaluated at all. The message shows the places, as cel-go prints them. */
export class CelCompileError extends Error {
  override name = 'CelCompileError';
  /** What is wrong first, with its place and without the lines of the expression. */
  readonly summary: string;
  constructor(source: string, issues: readonly Issue[]) {
    const texts = issues.map((issue) => explain(source, issue));
    super(texts.map(({ summary, snippet }) => summary + snippet).join('\n'));
    this.summary = texts[0]?.summary ?? '';
  }
}

/** An expression that compiles, but that no program can be made of. */
export class CelProgramError extends Error {
  override name = 'CelProgramError';
}

/** An expression whose value could not be computed: a missing key, a wrong type, a limit. */
export class CelEvaluationError extends Error {
  override name = 'CelEvaluationError';
  /** Whether a limit ended it. */
  readonly cancelled: boolean;
  /** What it cost until then. */
  readonly cost: number;
  constructor(message: string, cancelled: boolean, cost: number) {
    super(message);
    this.cancelled = cancelled;
    this.cost = cost;
  }
}

const explain = (source: string, { at, message }: Issue): { summary: string; snippet: string } => {
  const lines = source.slice(0, at).split('\n');
  const column = [...lines.at(-1)!].length;
  const text = source.split('\n')[lines.length - 1]!.replaceAll('\t', ' ');
  return {
    summary: `ERROR: <input>:${lines.length}:${column + 1}: ${message}`,
    snippet: `\n | ${text}\n | ${'.'.repeat(column)}^`,
  };
};
