import type { Command } from 'commander';
import { requireHub } from '../../checks.ts';
import type { CommandContext } from '../../context.ts';
import { bool } from '../../flags.ts';
import { bootstrapToken } from '../../tokens.ts';

export const defineGetToken = (command: Command): Command => {
  command.description('Print a token with which clusters join, and the join command');
  bool(command, 'use-bootstrap-token', 'the bootstrap token instead of a service account token');
  return command
    .option('-o, --output <string>', 'text or json', 'text')
    .option('--output-file <file>', 'accepted for compatibility, without effect', '');
};

/** `clusteradm get token` (cli.md 10.1). */
export const getToken = async (
  context: CommandContext,
  flags: { useBootstrapToken: boolean; output: string },
): Promise<void> => {
  const client = await context.client();
  await requireHub(client);
  const token = await bootstrapToken(client, flags.useBootstrapToken);
  if (flags.output === 'json') {
    const answer = { 'hub-token': token, 'hub-apiserver': client.server };
    context.output.print(`${JSON.stringify(answer, null, 2)}\n`);
    return;
  }
  context.output.print(
    `token=${token}\nplease log on spoke and run:\n${context.program} join --hub-token ${token} --hub-apiserver ${client.server} --cluster-name <cluster_name>\n`,
  );
};
