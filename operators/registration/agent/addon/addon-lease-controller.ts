import { managedClusterAddOnCondition } from '../../../api/conditions.ts';
import { type ManagedClusterAddOn, managedClusterAddOns } from '../../../api/generated/addon.ts';
import { annotation } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type Lease, leases } from '../../../runtime/client/kubernetes.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { type Controller, from } from '../../../runtime/controller/controller.ts';
import { applyCondition } from '../../common/conditions.ts';
import { installNamespaceOf, isHosted } from './registrations.ts';

const fieldManager = 'registration-agent-Available';
const pollMs = 30_000;
/** Five leases of a minute. */
const graceMs = 5 * 60_000;
const { type, reason } = managedClusterAddOnCondition.available;

/** Where its agent is looked for in vain; in Hosted mode the name of the cluster may well be wrong. */
const notFound = (addon: string, hosting: string | undefined): string =>
  `The status of ${addon} add-on is unknown.${
    hosting
      ? ` No lease found on hosting cluster ${JSON.stringify(hosting)}; verify it matches the cluster where this managed cluster's klusterlet actually runs.`
      : ''
  }`;

/** What the lease of an add-on's agent says of it (registration.md 3.13); `hosting`: the hosting cluster that it names. */
export const addonAvailability = (
  addon: string,
  lease: Lease | undefined,
  now: number,
  hosting?: string,
): NextCondition => {
  if (!lease)
    return {
      type,
      status: 'Unknown',
      reason: reason.ManagedClusterAddOnLeaseNotFound,
      message: notFound(addon, hosting),
    };
  const renewedAt = Date.parse(lease.spec?.renewTime ?? '');
  return now < renewedAt + graceMs
    ? {
        type,
        status: 'True',
        reason: reason.ManagedClusterAddOnLeaseUpdated,
        message: `${addon} add-on is available.`,
      }
    : {
        type,
        status: 'False',
        reason: reason.ManagedClusterAddOnLeaseUpdateStopped,
        message: `${addon} add-on is not available.`,
      };
};

export interface AddonLeaseOptions {
  hub: Client;
  spoke: Client;
  management: Client;
  addons: Informer<ManagedClusterAddOn>;
  clusterName: string;
}

/** Reports on the hub whether the agents of add-ons live, by their leases (registration.md 3.13). */
export const addonLeaseController = (options: AddonLeaseOptions): Controller => ({
  name: 'addon-lease',
  watches: [from(options.addons, ({ type: change }) => change !== 'updated')],
  concurrency: 2,
  async reconcile(key, { log, signal }) {
    const name = key.slice(key.indexOf('/') + 1);
    const addon = options.addons.get(name, options.clusterName);
    if (!addon) return;
    if (addon.status?.healthCheck?.mode !== 'Customized') {
      const client = isHosted(addon) ? options.management : options.spoke;
      const lease = await client.find(leases, name, installNamespaceOf(addon), { signal });
      const hosting = addon.metadata.annotations?.[annotation.hostingCluster];
      const next = addonAvailability(name, lease, Date.now(), hosting);
      const written = await applyCondition(options.hub, managedClusterAddOns, addon, next, {
        fieldManager,
        signal,
      });
      if (written !== addon)
        log.info('ManagedClusterAddOnStatusUpdated', { addon: name, status: next.status });
    }
    return { requeueAfterMs: pollMs };
  },
});
