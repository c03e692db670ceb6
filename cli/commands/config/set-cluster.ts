import type { Command } from 'commander';
import { fileFields } from '../../config/embed.ts';
import { nameOf, updateEntry } from '../../config/update.ts';
import type { CommandContext } from '../../context.ts';
import { bool, string } from '../../flags/flags.ts';

interface SetClusterFlags {
  server: string;
  tlsServerName: string;
  insecureSkipTlsVerify: boolean;
  certificateAuthority: string;
  embedCerts: boolean;
  proxyUrl: string;
}

export const define = (command: Command): void => {
  string(command, '--server', 'address of the API server');
  string(command, '--tls-server-name', 'name that its certificate is for');
  bool(command, '--insecure-skip-tls-verify', 'do not look at its certificate');
  string(command, '--certificate-authority', 'file with the authority of its certificate');
  bool(command, '--embed-certs', 'write what is in the file, and not its path');
  string(command, '--proxy-url', 'proxy on the way to it');
};

/** `clusteradm config set-cluster NAME` (cli.md 17). */
export const run = async (context: CommandContext, flags: SetClusterFlags, args: string[]): Promise<void> => {
  const name = nameOf(args, 'cluster');
  const { certificateAuthority: ca, insecureSkipTlsVerify: insecure } = flags;
  if (ca && insecure)
    throw new Error('you cannot specify a certificate authority and insecure mode at the same time');
  if (flags.embedCerts && !ca) throw new Error('you must specify a --certificate-authority to embed');
  const given = (flag: string, fields: object) => (context.isGiven(flag) ? fields : {});
  updateEntry(context, 'clusters', name, {
    ...given('server', { server: flags.server }),
    ...given('tlsServerName', { 'tls-server-name': flags.tlsServerName || undefined }),
    ...given('proxyUrl', { 'proxy-url': flags.proxyUrl || undefined }),
    ...given('insecureSkipTlsVerify', { 'insecure-skip-tls-verify': insecure || undefined }),
    ...(insecure && { 'certificate-authority': undefined, 'certificate-authority-data': undefined }),
    ...fileFields('certificate-authority', ca, flags.embedCerts),
    ...(ca && { 'insecure-skip-tls-verify': undefined }),
  });
  context.output.print(`Cluster "${name}" set.\n`);
};
