import type { Informer } from '../../runtime/cache/informer.ts';
import type { Secret } from '../../runtime/client/kubernetes.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';
import { writeSecretFiles } from './secret-files.ts';

/**
 * Writes the hub kubeconfig secret to the folder from which clients read it (registration.md 3.7).
 * @param onChange called after files have changed
 */
export const hubSecretController = (
  informer: Informer<Secret>,
  name: string,
  directory: string,
  onChange: () => void,
): Controller => ({
  name: 'hub-kubeconfig-secret',
  watches: [from(informer)],
  concurrency: 1,
  resyncMs: 5 * 60_000,
  async reconcile(key, { log }) {
    const secret = informer.list().find(({ metadata }) => metadata.name === name);
    if (!secret) return; // the files stay: they serve until the credential is made anew
    const changed = await writeSecretFiles(directory, secret.data ?? {});
    if (changed.length === 0) return;
    log.info('the hub kubeconfig was written', { secret: key, files: changed });
    onChange();
  },
});
