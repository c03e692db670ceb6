import type { Client } from '../../../runtime/client/client.ts';
import { type Secret, secrets } from '../../../runtime/client/kubernetes.ts';
import type { Controller } from '../../../runtime/controller/controller.ts';
import { once } from '../../common/watches.ts';
import type { Settings } from '../settings.ts';
import { recognizedKubeconfig } from './recognized.ts';

/** How often a hub that did not know the certificate is asked again; milliseconds. */
const againMs = 60_000;
const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/**
 * Has the hub kubeconfig follow the bootstrap kubeconfig while the agent bootstraps (registration.md 3.8): where that
 * leads by another server, authority, proxy or TLS name to a hub that knows the present certificate, the certificate
 * goes on being used, and neither the bootstrap token nor anybody's approval is needed.
 * @param onLook called after each look, with whether the hub kubeconfig was brought there
 */
export const followBootstrapController = (
  management: Client,
  { flags, agentNamespace, identity, ...paths }: Settings,
  onLook: (followed: boolean) => void,
): Controller => ({
  name: 'hub-kubeconfig-follows',
  watches: [once('hub-kubeconfig')],
  concurrency: 1,
  async reconcile(_key, { log, signal }) {
    let followed = false;
    try {
      const kubeconfig = await recognizedKubeconfig(
        { ...paths, directory: flags['hub-kubeconfig-dir'], identity },
        signal,
      );
      if (kubeconfig === undefined) return { requeueAfterMs: againMs };
      const name = flags['hub-kubeconfig-secret'];
      const present = await management.get(secrets, name, agentNamespace, { signal });
      await management.apply<Secret>(
        secrets,
        {
          // Of the secret that was read: one with a new certificate in it must not get the old one back.
          metadata: { name, namespace: agentNamespace, resourceVersion: present.metadata.resourceVersion },
          data: { ...present.data, kubeconfig: encode(kubeconfig) },
        },
        { fieldManager: 'registration-agent', signal },
      );
      followed = true;
      log.info(
        'the hub knows the certificate where the bootstrap kubeconfig leads now: it goes on being used',
        {
          cluster: identity.clusterName,
        },
      );
      return undefined;
    } finally {
      onLook(followed);
    }
  },
});
