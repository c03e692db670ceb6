import { join } from 'node:path';
import { type Bundle, loadBundles, render } from '../../operators/registration-operator/bundle/index.ts';
import {
  nothingObserved,
  renderInput,
  suppliedParameters,
} from '../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type MutatingWebhookConfiguration,
  mutatingWebhookConfigurations,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';

const folder = join(import.meta.dirname, '../../bundles');

/** The newest bundle, with what a ClusterManager installs. */
const newestBundle = (): Bundle => {
  const [newest] = loadBundles(folder, {
    sets: ['clustermanager'],
    supplies: { clustermanager: suppliedParameters() },
  });
  return newest;
};

/** Where a hub without Pods finds the server of its webhooks. */
export interface WebhookAddress {
  /** The base of the URL. */
  url: string;
  /** PEM. */
  certificate: string;
}

/**
 * Creates the webhook configurations of the newest bundle as a hub of this API server's version gets them, those whose path
 * `isServed` there, and points them at this address.
 */
export const installWebhooks = async (
  hub: Client,
  { url, certificate }: WebhookAddress,
  isServed: (path: string) => boolean,
): Promise<void> => {
  const { gitVersion } = await hub.request<{ gitVersion: string }>({ method: 'GET', path: '/version' });
  const observed = nothingObserved('open-cluster-management', {
    minVersion: 'VersionTLS12',
    cipherSuites: [],
  });
  const clusterManager = { metadata: { name: 'cluster-manager' }, spec: {} };
  const input = renderInput(clusterManager, { ...observed, hubVersion: gitVersion });
  const stages = render(newestBundle(), 'clustermanager', { ...input, stages: ['webhooks'] });
  const caBundle = Buffer.from(certificate).toString('base64');
  for (const { object } of stages.flatMap(({ objects }) => objects)) {
    const {
      kind,
      metadata,
      webhooks = [],
    } = object as unknown as MutatingWebhookConfiguration & {
      kind: string;
    };
    const served = webhooks.filter(({ clientConfig }) => isServed(clientConfig.service!.path!));
    if (served.length === 0) continue;
    const resource =
      kind === mutatingWebhookConfigurations.kind
        ? mutatingWebhookConfigurations
        : validatingWebhookConfigurations;
    await hub.create(resource as typeof mutatingWebhookConfigurations, {
      metadata: { name: metadata.name },
      webhooks: served.map((webhook) => ({
        ...webhook,
        clientConfig: { url: `${url}${webhook.clientConfig.service!.path!}`, caBundle },
        // As long as may be: a machine without time for the webhook is no matter of the webhook's.
        timeoutSeconds: 30,
      })),
    });
  }
};
