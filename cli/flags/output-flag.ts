import type { Command } from 'commander';
import { string } from './flags.ts';

/** Formats that programs read: with them stdout holds nothing else (cli.md 1.4). */
const FOR_PROGRAMS = /^(?:json|yaml|name|custom-columns=.*|jsonpath=.*)$/s;

/** `-o`, whose formats shells complete; one that ends in `=` takes an argument. */
export const outputFlag = (command: Command, formats: readonly string[], preset: string): void => {
  const shown = formats.map((format) => (format.endsWith('=') ? `${format}...` : format));
  string(command, '-o, --output', shown.join(', '), preset);
  command.options.find(({ long }) => long === '--output')!.argChoices = [...formats];
};

export const isForPrograms = (output: unknown): boolean =>
  typeof output === 'string' && FOR_PROGRAMS.test(output);
