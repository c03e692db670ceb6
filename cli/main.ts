import { runCli } from './program/program.ts';

process.exitCode = await runCli(process.argv[1] ?? '', process.argv.slice(2), {
  print: (text) => void process.stdout.write(text),
  note: (text) => void process.stderr.write(text),
  terminal: process.stdout.isTTY === true,
});
