import type { Client } from '../../client/client.ts';
import { pods } from '../../client/kubernetes.ts';
import type { Logger } from '../../process/logger.ts';

/** A Pod's hostname is cut at this length, and then names no Pod. */
const longestHostname = 63;

/**
 * Tells whether the process that holds a Lease has ended without releasing it, so that nobody has to wait until the
 * Lease runs out: an earlier container of this very Pod has, and so has a Pod that is no more. Holders call themselves
 * `<Pod>_<uuid>`. Where Pods may not be read, nothing is known.
 * @param client of the cluster that runs the Pods; undefined where the Lease is on another, on which none would be found
 */
export const holderEnded =
  (client: Client | undefined, namespace: string, podName: string, log: Logger) =>
  async (holder: string, signal: AbortSignal): Promise<boolean> => {
    const holderPod = holder.slice(0, Math.max(holder.lastIndexOf('_'), 0));
    if (holderPod === podName) return true;
    if (!client || holderPod === '' || holderPod.length >= longestHostname) return false;
    try {
      return (await client.find(pods, holderPod, namespace, { signal })) === undefined;
    } catch (error) {
      log.debug(2, 'the Pod that holds the lease cannot be looked up', { pod: holderPod, namespace, error });
      return false;
    }
  };
