import { applyObjects } from '../cluster/apply.ts';
import { bootstrapToken, presentTokenSecret, tokenJson } from '../cluster/bootstrap-token.ts';
import { chosenContext } from '../cluster/chosen-cluster.ts';
import { takesAdmissionPolicies } from '../cluster/required-apis.ts';
import type { CommandContext } from '../context.ts';
import { writePrivateFile } from '../files/private-file.ts';
import { defineInit, idleFlags, type InitFlags } from '../init/flags.ts';
import { initChecks } from '../init/preflight.ts';
import { validate } from '../init/validate.ts';
import { initValues } from '../init/values.ts';
import { waitForHub } from '../init/wait.ts';
import { type ClusterManagerValues, hubObjects } from '../objects/cluster-manager.ts';
import { aside } from '../output/output.ts';
import { preflight } from '../preflight.ts';

export const define = defineInit;

/** `clusteradm init` (cli.md 4). */
export const run = async (context: CommandContext, flags: InitFlags): Promise<void> => {
  // With -o json, stdout belongs to the program that reads it.
  const talking = flags.output === 'json' ? { ...context, output: aside(context.output) } : context;
  const { dryRun } = context.globals;
  if (flags.singleton) {
    throw new Error('--singleton is not supported: install the chart multicluster-controlplane with helm');
  }
  for (const line of idleFlags(context.isGiven)) talking.output.print(`${line}\n`);
  const values = initValues(flags, () => chosenContext(context.globals).cluster);
  if (!flags.force) {
    await preflight(initChecks(context), context.output);
    validate(flags);
  }
  if (!values.createNamespace) talking.output.print('skip creating namespace\n');
  const client = context.client();
  const tokenSecret = values.createBootstrapToken ? await presentTokenSecret(client) : undefined;
  const admissionPolicies = await takesAdmissionPolicies(client);
  await applyObjects(
    talking,
    client,
    hubObjects({ ...values, admissionPolicies }, tokenSecret),
    flags.outputFile,
  );
  if (flags.wait && !dryRun) await waitForHub(talking);
  const token = dryRun ? '' : await bootstrapToken(client, joinsByToken(values, flags));
  report(context, flags, token, client.server);
};

/** The values file may have changed which of the two ways to join there is. */
const joinsByToken = (values: ClusterManagerValues, { useBootstrapToken }: InitFlags): boolean =>
  values.createBootstrapToken && (useBootstrapToken || !values.createBootstrapSA);

/** What scripts read: the join command's third word is the token, the fifth the server (cli.md 4.7). */
const report = (
  { output, program, globals }: CommandContext,
  flags: InitFlags,
  token: string,
  server: string,
): void => {
  const join = `${program} join --hub-token ${token} --hub-apiserver ${server}${flags.wait ? ' --wait' : ''}`;
  if (flags.outputJoinCommandFile && !globals.dryRun) {
    writePrivateFile(flags.outputJoinCommandFile, `${join} --cluster-name $1`, 0o700);
  }
  if (flags.output === 'json') {
    output.print(tokenJson(token, server));
    return;
  }
  output.print(`The multicluster hub control plane has been initialized successfully!

You can now register cluster(s) to the hub control plane. Log onto those cluster(s) and run the following command:

    ${join} --cluster-name <cluster_name>

Replace <cluster_name> with a cluster name of your choice. For example, cluster1.

`);
};
