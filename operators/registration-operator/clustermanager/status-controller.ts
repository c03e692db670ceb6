import { clusterManagerCondition } from '../../api/conditions.ts';
import { type ClusterManager, clusterManagers } from '../../api/generated/operator.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { findCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { byOperand } from './keys.ts';
import { type OperandState, placementDegraded, registrationDegraded } from './conditions.ts';
import { type Dependencies, fieldManager } from './dependencies.ts';
import { hubNamespaceOf } from './mode.ts';

/** Reports whether the operands' Pods are available (operator.md 4.11); says nothing before Applied exists. */
export const statusController = (deps: Dependencies): Controller => {
  const deployments = deps.applier.deployments(deps.management);
  const stateOf = (clusterManager: ClusterManager, suffix: string): OperandState => {
    const name = `${clusterManager.metadata.name}-${suffix}`;
    return { name, deployment: deployments.get(name, hubNamespaceOf(clusterManager)) };
  };
  return {
    name: 'ClusterManagerStatusController',
    watches: [from(deps.clusterManagers), mapped(deployments, byOperand(deps.clusterManagers))],
    concurrency: 1,
    async reconcile(key, { signal }) {
      const clusterManager = deps.clusterManagers.get(key);
      const conditions = clusterManager?.status?.conditions;
      if (!clusterManager || clusterManager.metadata.deletionTimestamp) return;
      if (!findCondition(conditions, clusterManagerCondition.applied.type)) return;
      const { generation } = clusterManager.metadata;
      const [{ images, version }] = deps.bundles;
      const next = [
        registrationDegraded(
          stateOf(clusterManager, 'registration-controller'),
          stateOf(clusterManager, 'registration-webhook'),
          generation,
        ),
        placementDegraded(
          Object.hasOwn(images, 'placement') ? stateOf(clusterManager, 'placement-controller') : undefined,
          version,
          generation,
        ),
      ].reduce((list, condition) => setCondition(list, condition), conditions ?? []);
      const status = { ...clusterManager.status, conditions: next };
      await patchStatus(deps.management.client, clusterManagers, clusterManager, status, {
        fieldManager,
        signal,
      });
    },
  };
};
