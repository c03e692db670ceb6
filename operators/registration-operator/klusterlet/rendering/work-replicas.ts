import { klusterletCondition } from '../../../api/conditions.ts';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';

/**
 * Replicas of the work agent (operator.md 5.5): none before it was found out whether there is a hub kubeconfig, and
 * none while there is none, be it that the secret holds no more than the agent's names so far. Any other trouble keeps
 * it running, so that it can clean up while the cluster is detached.
 */
export const workReplicas = (klusterlet: Klusterlet, replicas: number): number => {
  const { type, reason } = klusterletCondition.hubConnectionDegraded;
  const condition = findCondition(klusterlet.status?.conditions, type);
  const missing: string[] = [reason.HubKubeConfigSecretMissing, reason.HubKubeConfigMissing];
  const hasNoKubeconfig =
    condition?.status === 'True' && condition.reason.split(',').some((part) => missing.includes(part));
  return !condition || hasNoKubeconfig ? 0 : replicas;
};
