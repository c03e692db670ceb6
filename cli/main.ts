import { basename } from 'node:path';
import { runCli } from './program.ts';

/** Run from source, the file's name says nothing about the program. */
const invokedAs = (path: string): string => {
  const name = basename(path).replace(/\.[cm]?[jt]s$/, '');
  return name === 'main' ? 'clusteradm' : name;
};

const output = {
  print: (text: string) => void process.stdout.write(text),
  note: (text: string) => void process.stderr.write(text),
  terminal: process.stdout.isTTY === true,
};

process.exitCode = await runCli(invokedAs(process.argv[1] ?? ''), process.argv.slice(2), output);
