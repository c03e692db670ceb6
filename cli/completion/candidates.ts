import type { Command, Option } from 'commander';
import { findCommand } from '../program/find-command.ts';

/** One word that could stand where the cursor is, and what it means. */
export interface Candidate {
  word: string;
  help: string;
}

export interface Completion {
  candidates: Candidate[];
  /** Nothing is known of the value that belongs there: the shell offers files. */
  files: boolean;
}

const none: Completion = { candidates: [], files: false };

const visible = (option: Option): boolean => !option.hidden;

const called = (options: readonly Option[], flag: string): Option | undefined =>
  options.find(({ long, short }) => flag === long || flag === short);

/**
 * What could complete a command line, from the description of commands and flags that the program runs by.
 * @param words what follows the program's name up to the cursor; the last, which may be empty, is completed
 * @param define adds the flags of a command, which are known only once its module is loaded
 */
export const complete = async (
  program: Command,
  words: readonly string[],
  define: (command: Command) => Promise<void>,
): Promise<Completion> => {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const { command, unknown } = findCommand(program, before);
  if (unknown !== undefined || before.includes('--')) return none;
  await define(command);
  const options = [...command.options, ...(command === program ? [] : program.options)];

  const written = /^(--?[^=]+)=(.*)$/s.exec(current);
  if (written) {
    const [, flag = '', value = ''] = written;
    return valuesOf(called(options, flag), value, `${flag}=`);
  }
  const previous = called(options, before.at(-1) ?? '');
  if (previous?.required) return valuesOf(previous, current);
  if (current.startsWith('-')) return { candidates: flagsOf(options, current), files: false };
  return { candidates: childrenOf(command, current), files: false };
};

const startingWith = (candidates: Candidate[], start: string): Candidate[] =>
  candidates.filter(({ word }) => word.startsWith(start)).toSorted((a, b) => (a.word < b.word ? -1 : 1));

const childrenOf = (command: Command, start: string): Candidate[] =>
  startingWith(
    command.commands.map((child) => ({ word: child.name(), help: child.description() })),
    start,
  );

const flagsOf = (options: readonly Option[], start: string): Candidate[] => {
  const shown = options.filter(visible).flatMap(({ long, short, description }) =>
    // A letter is offered only where it is begun: the long name says more.
    [long, start === short ? short : undefined].map((word) => ({ word: word ?? '', help: description })),
  );
  const help = { word: '--help', help: 'display help for command' };
  return startingWith([...shown.filter(({ word }) => word), help], start);
};

const valuesOf = (option: Option | undefined, start: string, prefix = ''): Completion => {
  if (!option?.required) return none;
  const words = option.argChoices?.map((choice) => ({ word: `${prefix}${choice}`, help: '' }));
  return words
    ? { candidates: startingWith(words, `${prefix}${start}`), files: false }
    : { candidates: [], files: true };
};

/** The first line says whether files may stand there; then a candidate on each line, with its help after a tab. */
export const completionLines = ({ candidates, files }: Completion, described: boolean): string =>
  [
    files ? 'files' : 'words',
    ...candidates.map(({ word, help }) => (described && help ? `${word}\t${help}` : word)),
  ]
    .map((line) => `${line}\n`)
    .join('');
