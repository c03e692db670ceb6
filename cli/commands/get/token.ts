import type { Command } from 'commander';
import { bootstrapToken, tokenJson } from '../../cluster/bootstrap-token.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { bool, string } from '../../flags/flags.ts';

interface GetTokenFlags {
  useBootstrapToken: boolean;
  output: string;
}

export const define = (command: Command): void => {
  bool(command, '--use-bootstrap-token', 'the bootstrap token instead of a service account token');
  string(command, '-o, --output', 'text or json', 'text');
  string(command, '--output-file', 'accepted for compatibility, without effect');
};

/** `clusteradm get token` (cli.md 10.1). */
export const run = async (context: CommandContext, flags: GetTokenFlags): Promise<void> => {
  const client = context.client();
  await requireHub(client);
  const token = await bootstrapToken(client, flags.useBootstrapToken);
  const join = `${context.program} join --hub-token ${token} --hub-apiserver ${client.server}`;
  context.output.print(
    flags.output === 'json'
      ? tokenJson(token, client.server)
      : `token=${token}\nplease log on spoke and run:\n${join} --cluster-name <cluster_name>\n`,
  );
};
