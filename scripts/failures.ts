import { stripVTControlCharacters } from 'node:util';

/** The parts of Jest's report on a file that tell what failed. */
export interface FileReport {
  status: 'passed' | 'failed';
  name: string;
  message: string;
  assertionResults: { status: string; fullName: string; failureMessages?: string[] }[];
}

/** Characters of a reason's start and of its end that stand beside the name of what failed. */
const kept = { start: 140, end: 260 };

/** What a step of a story says that did not try, since one before it had failed (test/e2e/story.ts). */
const didNotTry = /" failed before$/;

const isDifference = (line: string): boolean => /^\s*[-+] /.test(line);

/**
 * Why a test failed, on one line: without colours and stack; of a comparison what differs; of a long text its start, which
 * tells what was tried, and its end, which tells what a command said.
 */
export const reasonOf = (text: string): string => {
  const [said = ''] = stripVTControlCharacters(text).split(/\n\s+at /, 1);
  const lines = said.split('\n');
  const different = lines.slice(1).filter(isDifference);
  const told = different.length > 0 ? [lines[0]!, ...different] : lines;
  const reason = told.join(' ').replaceAll(/\s+/g, ' ').trim();
  if (reason.length <= kept.start + kept.end) return reason;
  return `${reason.slice(0, kept.start)} … ${reason.slice(-kept.end)}`;
};

/** A line for each test that failed by itself, with its reason; one for a file that failed before its tests. */
export const failuresOf = (root: string, { name, message, assertionResults }: FileReport): string[] => {
  const file = name.slice(root.length + 1);
  const failed = assertionResults.filter(({ status }) => status === 'failed');
  if (failed.length === 0) return [`${file}: ${reasonOf(message.trim())}`];
  const reasons = failed.map(({ fullName, failureMessages }) => ({
    fullName,
    reason: reasonOf(failureMessages?.[0] ?? ''),
  }));
  const tried = reasons.filter(({ reason }) => !didNotTry.test(reason));
  const lines = tried.map(({ fullName, reason }) => `${file} › ${fullName}: ${reason}`);
  const others = reasons.length - tried.length;
  return others === 0 ? lines : [...lines, `${file}: ${others} did not try, since one before them failed`];
};
