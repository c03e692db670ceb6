import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secret as secretName } from '../../../operators/api/names.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { deployments, secrets } from '../../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';
import type { Daemon, Workspace } from '../../cluster/processes.ts';
import { completeRollout } from '../rollout.ts';
import { argsOf } from './harness.ts';

const program = join(import.meta.dirname, '../../../operators/addon/main.ts');

interface Hosted {
  plane: ControlPlane;
  client: Client;
  workspace: Workspace;
  /** The ClusterManager, whose namespace has its name. */
  name: string;
  /** Where its webhook is asked how it is. */
  probePort: number;
}

/**
 * What a kubelet would do for the Deployment of the webhook that converts add-ons, on a hub that is hosted on itself: its API
 * server finds the process by the name of this machine. Resolves when it serves.
 */
export const startConversionWebhook = async (
  { plane, client, workspace, name, probePort }: Hosted,
  title: string,
): Promise<Daemon> => {
  const webhook = `${name}-addon-webhook`;
  const deployment = await waitFor('the webhook', () => client.find(deployments, webhook, name));
  const { data } = await waitFor('its certificate', () =>
    client.find(secrets, secretName.addonWebhookServingCert, name),
  );
  const folder = join(workspace.folder, `certificate-${title}`);
  await mkdir(folder);
  for (const file of ['tls.crt', 'tls.key'])
    await writeFile(join(folder, file), Buffer.from(data?.[file] ?? '', 'base64'), { mode: 0o600 });
  const [, ...args] = argsOf(deployment);
  const own = [`--certdir=${folder}`, `--kubeconfig=${plane.kubeconfigPath}`];
  const serving = workspace.start(title, process.execPath, [program, ...args, ...own]);
  await waitFor('it serves', async () => (await fetch(`http://127.0.0.1:${probePort}/readyz`)).ok);
  await completeRollout(client, await client.get(deployments, webhook, name));
  return serving;
};

/** The part of a ClusterManager's spec by which its hub is hosted on itself, with the webhook on these ports. */
export const hostedOnItself = ([port, probes, metrics, other]: number[]) => {
  const bindConfiguration = { port, healthProbePort: probes, metricsPort: metrics };
  const elsewhere = { address: 'localhost', port: other };
  return {
    mode: 'Hosted' as const,
    hosted: {
      registrationWebhookConfiguration: elsewhere,
      workWebhookConfiguration: elsewhere,
      addonWebhookConfiguration: { address: 'localhost', port, bindConfiguration },
    },
  };
};
