import type { Command } from 'commander';
import { fileFields } from '../../config/embed.ts';
import { nameOf, updateEntry } from '../../config/update.ts';
import type { CommandContext } from '../../context.ts';
import { array, bool, string } from '../../flags/flags.ts';

interface SetCredentialsFlags {
  clientCertificate: string;
  clientKey: string;
  embedCerts: boolean;
  token: string;
  username: string;
  password: string;
  execCommand: string;
  execApiVersion: string;
  execArg: string[];
  execEnv: string[];
}

export const define = (command: Command): void => {
  string(command, '--client-certificate', 'file with the certificate');
  string(command, '--client-key', 'file with its key');
  bool(command, '--embed-certs', 'write what is in the files, and not their paths');
  string(command, '--token', 'bearer token');
  string(command, '--username', 'name for basic authentication');
  string(command, '--password', 'password for basic authentication');
  string(command, '--exec-command', 'program that makes the credential');
  string(command, '--exec-api-version', 'version of the API that it speaks');
  array(command, '--exec-arg', 'argument of it');
  array(command, '--exec-env', 'variable for it: name=value');
};

/** `clusteradm config set-credentials NAME` (cli.md 17). */
export const run = async (
  context: CommandContext,
  flags: SetCredentialsFlags,
  args: string[],
): Promise<void> => {
  const name = nameOf(args, 'user');
  const basic = Boolean(flags.username || flags.password);
  if (flags.token && basic) {
    throw new Error(
      'you cannot specify more than one authentication method at the same time: --token, --username/--password',
    );
  }
  if (flags.embedCerts && !flags.clientCertificate && !flags.clientKey) {
    throw new Error('you must specify a --client-certificate or --client-key to embed');
  }
  updateEntry(context, 'users', name, {
    ...fileFields('client-certificate', flags.clientCertificate, flags.embedCerts),
    ...fileFields('client-key', flags.clientKey, flags.embedCerts),
    ...(flags.token && { token: flags.token, username: undefined, password: undefined }),
    ...(basic && { token: undefined, tokenFile: undefined }),
    ...(flags.username && { username: flags.username }),
    ...(flags.password && { password: flags.password }),
    ...(flags.execCommand && { exec: execOf(flags) }),
  });
  context.output.print(`User "${name}" set.\n`);
};

const execOf = ({ execCommand, execApiVersion, execArg, execEnv }: SetCredentialsFlags): object => ({
  apiVersion: execApiVersion || 'client.authentication.k8s.io/v1',
  ...(execArg.length > 0 && { args: execArg }),
  command: execCommand,
  ...(execEnv.length > 0 && { env: execEnv.map(variableOf) }),
  interactiveMode: 'IfAvailable',
  provideClusterInfo: false,
});

const variableOf = (text: string): object => {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--exec-env ${text} is not name=value`);
  return { name: text.slice(0, at), value: text.slice(at + 1) };
};
