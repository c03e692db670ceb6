import { klusterletCondition } from '../../../api/conditions.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';

const { type, reason: reasons } = klusterletCondition.hubConnectionDegraded;
type Reason = keyof typeof reasons;

/** What the check of one kubeconfig found. */
export interface Finding {
  reason: Reason;
  message: string;
}

/** HubConnectionDegraded, and after how many milliseconds to look again although nothing watched has changed. */
export interface Verdict {
  condition: NextCondition;
  recheckMs: number | undefined;
}

/** How often a hub that refuses or does not answer is asked again. */
const soonMs = 30_000;
/** How often a hub that serves is asked whether it still does. */
const rarelyMs = 300_000;

/** Reasons that an act on the hub alone may end (acceptance, a role, a server that comes back): no secret tells of it. */
const endsUnseen: ReadonlySet<Reason> = new Set<Reason>([
  reasons.HubKubeConfigUnauthorized,
  reasons.HubKubeConfigError,
  reasons.BootstrapSecretError,
  reasons.BootstrapSecretUnauthorized,
]);

/**
 * Joins what was found about the hub kubeconfig and, when that one does not serve, the bootstrap kubeconfig
 * (operator.md 5.8). With several hubs nobody asks about bootstrap kubeconfigs and the hub's reason stands alone (D17).
 */
export const verdict = (hub: Finding, bootstrap: Finding | undefined, generation?: number): Verdict => {
  if (hub.reason === reasons.HubConnectionFunctional)
    return {
      condition: { type, status: 'False', ...hub, observedGeneration: generation },
      recheckMs: rarelyMs,
    };
  const found = [...(bootstrap ? [bootstrap] : []), hub];
  return {
    condition: {
      type,
      status: 'True',
      reason: found.map(({ reason }) => reason).join(','),
      message: found.map(({ message }) => message).join('\n'),
      observedGeneration: generation,
    },
    recheckMs: found.some(({ reason }) => endsUnseen.has(reason)) ? soonMs : undefined,
  };
};
