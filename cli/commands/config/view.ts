import type { Command } from 'commander';
import { flattened } from '../../config/embed.ts';
import { merged, minified } from '../../config/entries.ts';
import { readConfigFiles } from '../../config/files.ts';
import { redacted } from '../../config/redact.ts';
import type { CommandContext } from '../../context.ts';
import { bool } from '../../flags/flags.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { printObjects } from '../../output/formats.ts';
import { yamlDocuments } from '../../output/printers.ts';

const FORMATS = ['yaml', 'json', 'jsonpath='];

interface ViewFlags {
  output: string;
  minify: boolean;
  flatten: boolean;
  raw: boolean;
}

export const define = (command: Command): void => {
  outputFlag(command, FORMATS, 'yaml');
  bool(command, '--minify', 'show the current context alone, and what it names');
  bool(command, '--flatten', 'show what is in files in place of their paths');
  bool(command, '--raw', 'show credentials too');
};

/** `clusteradm config view` (cli.md 17). */
export const run = async (
  context: CommandContext,
  { output, minify, flatten, raw }: ViewFlags,
): Promise<void> => {
  const all = merged(readConfigFiles(context).files.map((file) => (flatten ? flattened(file) : file.root)));
  const chosen = minify ? minified(all, context.globals.context) : all;
  const shown = raw ? chosen : redacted(chosen);
  context.output.print(textOf(shown, output));
};

const textOf = (root: object, output: string): string => {
  if (output === 'yaml')
    return yamlDocuments([Object.fromEntries(Object.entries(root).toSorted(([a], [b]) => (a < b ? -1 : 1)))]);
  if (output === 'json') return `${JSON.stringify(root, undefined, 4)}\n`;
  const one = { metadata: { name: '' }, ...root };
  const text = output.startsWith('jsonpath=') ? printObjects({ one }, output) : undefined;
  if (text === undefined) throw new Error(`invalid output format: choose of ${FORMATS.join(', ')}`);
  return text;
};
