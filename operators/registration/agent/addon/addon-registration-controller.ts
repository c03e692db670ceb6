import { type ManagedClusterAddOn, managedClusterAddOns } from '../../../api/generated/addon.ts';
import { label } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { secrets } from '../../../runtime/client/kubernetes.ts';
import { labelValue } from '../../../runtime/client/legal-name.ts';
import { type Context, type Controller, from } from '../../../runtime/controller/controller.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { once } from '../../common/watches.ts';
import { type AddonRegistration, registrationsOf, stampDriver } from './registrations.ts';

const fieldManager = 'registration-agent';

export interface AddonRegistrationOptions {
  hub: Client;
  spoke: Client;
  management: Client;
  /** Add-ons of this cluster on the hub. */
  addons: Informer<ManagedClusterAddOn>;
  clusterName: string;
  /** How kubeClient credentials are made: `csr` or `token`. */
  kubeClientDriver: string;
  /** Keeps one credential until the signal aborts. */
  keep(registration: AddonRegistration, signal: AbortSignal): Promise<void>;
}

/** The key under which the agent looks, once, for what add-ons left that went while it was away. */
const leftovers = 'leftovers';

interface OwnSecret {
  hosted: boolean;
  /** The add-on as the label names it. */
  addon: string;
  namespace: string;
  name: string;
  uid: string | undefined;
}

interface Kept {
  registration: AddonRegistration;
  stop: () => Promise<void>;
}

/** Gives each add-on's agent the credentials that it needs, and takes back those that it no longer does (3.12). */
export const addonRegistrationController = (options: AddonRegistrationOptions): Controller => {
  const { hub, addons, clusterName } = options;
  /** By add-on, then by key. */
  const kept = new Map<string, Map<string, Kept>>();

  const clientFor = ({ hosted }: Pick<AddonRegistration, 'hosted'>): Client =>
    hosted ? options.management : options.spoke;

  const begin = (registration: AddonRegistration, { log, signal }: Context): Kept => {
    const ended = new AbortController();
    const running = options
      .keep(registration, AbortSignal.any([signal, ended.signal]))
      .catch((error: unknown) => {
        log.error('the credential of an add-on is no longer kept', { addon: registration.addon, error });
      });
    return {
      registration,
      stop: async () => {
        ended.abort();
        await running;
      },
    };
  };

  /** The secrets that registration made for an add-on, or for all, on either cluster, by where they are. */
  const secretsOf = async (addon: string | undefined, signal: AbortSignal) => {
    const found: OwnSecret[] = [];
    const labelSelector = `${label.clusterName}=${clusterName},${label.addonName}${addon === undefined ? '' : `=${labelValue(addon)}`}`;
    for (const hosted of options.management === options.spoke ? [false] : [false, true]) {
      const { items } = await clientFor({ hosted }).list(secrets, {
        labelSelector,
        metadataOnly: true,
        signal,
      });
      for (const { metadata } of items)
        found.push({
          hosted,
          addon: metadata.labels?.[label.addonName] ?? '',
          namespace: metadata.namespace ?? '',
          name: metadata.name,
          uid: metadata.uid,
        });
    }
    return found;
  };

  /** Also finds what an earlier life of the agent left behind (D5). */
  const removeOthers = async (addon: string, wanted: readonly AddonRegistration[], signal: AbortSignal) => {
    const same = options.management === options.spoke;
    for (const { hosted, namespace, name, uid } of await secretsOf(addon, signal)) {
      const isWanted = wanted.some(
        (each) =>
          (same || each.hosted === hosted) && each.installNamespace === namespace && each.secretName === name,
      );
      if (!isWanted) await clientFor({ hosted }).delete(secrets, { namespace, name }, { uid, signal });
    }
  };

  const removeLeftovers = async ({ signal }: Context) => {
    const present = new Set(addons.list(clusterName).map(({ metadata }) => labelValue(metadata.name)));
    for (const { hosted, addon, namespace, name, uid } of await secretsOf(undefined, signal))
      if (!present.has(addon))
        await clientFor({ hosted }).delete(secrets, { namespace, name }, { uid, signal });
  };

  const reconcileTo = async (addon: string, wanted: readonly AddonRegistration[], context: Context) => {
    const present = kept.get(addon) ?? new Map<string, Kept>();
    const isSettled =
      kept.has(addon) && present.size === wanted.length && wanted.every(({ key }) => present.has(key));
    if (isSettled) return;
    for (const [key, { stop }] of present) {
      if (wanted.some((registration) => registration.key === key)) continue;
      await stop();
      present.delete(key);
    }
    await removeOthers(addon, wanted, context.signal);
    for (const registration of wanted)
      if (!present.has(registration.key)) present.set(registration.key, begin(registration, context));
    kept.set(addon, present);
  };

  return {
    name: 'addon-registration',
    watches: [from(addons), once(leftovers)],
    concurrency: 2,
    resyncMs: 10 * 60_000,
    async reconcile(key, context) {
      const { log, signal } = context;
      if (key === leftovers) return removeLeftovers(context);
      const name = key.slice(key.indexOf('/') + 1);
      const addon = addons.get(name, clusterName);
      if (!addon) {
        await reconcileTo(name, [], context);
        kept.delete(name);
        return;
      }
      if (addon.metadata.deletionTimestamp !== undefined) return; // its agent may need the hub to clean up
      const present = addon.status?.registrations ?? [];
      const registrations = stampDriver(present, options.kubeClientDriver, clusterName, name);
      if (registrations !== present) {
        await patchStatus(
          hub,
          managedClusterAddOns,
          addon,
          { ...addon.status, registrations },
          { fieldManager, signal },
        );
        return;
      }
      const { registrations: wanted, skipped } = registrationsOf(addon, clusterName);
      if (skipped.length > 0)
        log.warn('registrations that say nothing usable are left out', { addon: name, skipped });
      await reconcileTo(name, wanted, context);
    },
  };
};
