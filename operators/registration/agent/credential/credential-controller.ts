import type { Client } from '../../../runtime/client/client.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import { type Secret, secrets } from '../../../runtime/client/kubernetes.ts';
import type { ObjectName } from '../../../runtime/client/object.ts';
import { type Controller, mapped } from '../../../runtime/controller/controller.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { once } from '../../common/watches.ts';
import type { CredentialDriver } from './driver.ts';

/** The safety net behind the watches: everything is looked at again after this (registration.md 3.6). */
const resyncMs = 5 * 60_000;
const fieldManager = 'registration-agent';
const key = 'credential';

export interface CredentialOptions {
  name: string;
  /** The cluster on which the secret lives. */
  client: Client;
  secret: Required<ObjectName>;
  /** The secret as last seen; its changes make the controller look again. */
  informer: Informer<Secret>;
  driver: CredentialDriver;
  /** What the secret holds beside the credential: plain text by key. */
  additional: Readonly<Record<string, string>>;
  labels?: Record<string, string>;
  /** Shows on the hub how the last rotation went; left out while the hub does not know the agent. */
  showCondition?: (condition: NextCondition, signal: AbortSignal) => Promise<void>;
}

const encode = (data: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([name, text]) => [name, Buffer.from(text, 'utf8').toString('base64')]),
  );

/**
 * Keeps a secret filled with a valid credential for the hub (registration.md 3.6). The secret is saved before the
 * condition is shown, and a credential whose saving failed is kept for the next attempt, so that no issued certificate
 * is lost.
 */
export const credentialController = (options: CredentialOptions): Controller => {
  const { client, secret, driver, additional } = options;
  let unsaved: { credential: Record<string, string>; condition?: NextCondition } | undefined;
  let unshown: NextCondition | undefined;

  const show = async (signal: AbortSignal): Promise<void> => {
    if (unshown) await options.showCondition?.(unshown, signal);
    unshown = undefined;
  };

  const save = (credential: Record<string, string>, signal: AbortSignal): Promise<Secret> =>
    client.apply(
      secrets,
      {
        metadata: { ...secret, labels: options.labels },
        data: encode({ ...additional, ...credential }),
      },
      { fieldManager, signal },
    );

  return {
    name: options.name,
    watches: [
      once(key),
      mapped(options.informer, ({ metadata }) => (metadata.name === secret.name ? key : undefined)),
      ...driver.watches,
    ],
    concurrency: 1,
    resyncMs,
    async reconcile(_key, { log, signal }) {
      if (!unsaved) {
        await show(signal);
        const present = await client.find(secrets, secret.name, secret.namespace, { signal });
        const outcome = await driver.process(present?.data ?? {}, additional, signal);
        if (!outcome.credential) {
          unshown = outcome.condition;
          await show(signal);
          if (outcome.error) throw outcome.error;
          return { requeueAfterMs: Math.min(resyncMs, Math.max(0, outcome.checkAfterMs ?? resyncMs)) };
        }
        unsaved = { credential: outcome.credential, condition: outcome.condition };
      }
      await save(unsaved.credential, signal);
      unshown = unsaved.condition;
      unsaved = undefined;
      log.info('SecretSave', { secret: `${secret.namespace}/${secret.name}` });
      await show(signal);
      return { requeueAfterMs: 0 };
    },
  };
};
