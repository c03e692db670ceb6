import type { Command } from 'commander';
import type { CommandContext } from '../context.ts';
import { readBundle, writeBundle } from '../doctor/bundle.ts';
import type { Facts } from '../doctor/facts.ts';
import { type Finding, findingsOf } from '../doctor/findings/index.ts';
import { hubFacts } from '../doctor/gather/hub.ts';
import { managedFacts } from '../doctor/gather/managed.ts';
import { readerInto } from '../doctor/gather/reader.ts';
import { string } from '../flags/flags.ts';
import { outputFlag } from '../flags/output-flag.ts';
import { duration } from '../output/age.ts';
import { yamlDocuments } from '../output/printers.ts';

interface DoctorFlags {
  bundle: string;
  fromBundle: string;
  output: string;
}

const FORMATS = ['text', 'json', 'yaml'];

export const define = (command: Command): void => {
  string(
    command,
    '--bundle',
    'write what was read to this file, without Secrets, for somebody else to judge',
  );
  string(command, '--from-bundle', 'judge such a file instead of a cluster');
  outputFlag(command, FORMATS, 'text');
};

/** `clusteradm doctor`: what is wrong with a hub or a managed cluster, why, and what to do (docs/doctor.md). */
export const run = async (context: CommandContext, flags: DoctorFlags, args: string[]): Promise<void> => {
  if (args.length > 0) throw new Error('there should be no argument');
  if (!FORMATS.includes(flags.output))
    throw new Error(`invalid output format: choose of ${FORMATS.join(', ')}`);
  if (flags.bundle && flags.fromBundle) throw new Error('--bundle and --from-bundle exclude each other');
  const facts = flags.fromBundle ? readBundle(flags.fromBundle) : await gather(context);
  if (flags.bundle) writeBundle(flags.bundle, facts);
  const findings = findingsOf(facts, context.program);
  const { server, taken, unread } = facts;
  const result = { server, taken, findings, unread };
  if (flags.output === 'json') context.output.print(`${JSON.stringify(result, undefined, 2)}\n`);
  else if (flags.output === 'yaml') context.output.print(yamlDocuments([result]));
  else context.output.print(textOf(facts, findings));
  if (findings.length > 0) throw new Error(`the doctor found ${counted(findings.length)}`);
};

const gather = async (context: CommandContext): Promise<Facts> => {
  const client = context.client();
  const unread: string[] = [];
  const read = readerInto(unread);
  const [hub, managed] = await Promise.all([hubFacts(client, read), managedFacts(context, client, read)]);
  return { version: 1, taken: new Date().toISOString(), server: client.server, hub, managed, unread };
};

const counted = (count: number): string => `${count} ${count === 1 ? 'cause' : 'causes'} of trouble`;

const textOf = ({ server, taken, hub, managed, unread }: Facts, findings: readonly Finding[]): string => {
  const roles = [hub && 'a hub', managed && 'a managed cluster'].filter(Boolean).join(' and ');
  const lines = [`${server} is ${roles || 'neither a hub nor a managed cluster'} (looked at ${taken})`];
  for (const { code, object, cause, since, remedy } of findings) {
    const when = since ? ` (for ${duration(Date.parse(taken) - Date.parse(since))}, since ${since})` : '';
    lines.push('', `${object}: ${code}${when}`, `  cause: ${cause}`, `  do:    ${remedy}`);
  }
  if (findings.length === 0) lines.push('', 'nothing is wrong that the doctor knows');
  if (unread.length > 0) lines.push('', 'could not be read:', ...unread.map((line) => `  ${line}`));
  return `${lines.join('\n')}\n`;
};
