import { clusterManagerCondition } from '../../../api/conditions.ts';
import { hubAddonFeatures } from '../../../api/features.ts';
import { type ClusterManager, clusterManagers } from '../../../api/generated/operator.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { type Controller, from, mapped } from '../../../runtime/controller/controller.ts';
import { findCondition, setConditions } from '../../../runtime/controller/conditions.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import type { Bundle } from '../../bundle/index.ts';
import { isFeatureOn } from '../../feature-gates.ts';
import { byOperand } from '../affected-cluster-managers.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { bundleInUse } from '../install/versions.ts';
import { hubNamespaceOf } from '../mode.ts';
import { unreachableWebhook } from '../rendering/webhook-settings.ts';
import {
  addOnManagerDegraded,
  type OperandState,
  placementDegraded,
  registrationDegraded,
} from './operand-conditions.ts';

/**
 * The conditions of a ClusterManager with those about its operands brought up to date (operator.md 4.11).
 * @returns undefined before the condition Applied exists, and while the ClusterManager leaves: nothing is to be said then
 */
export const withOperandConditions = (
  clusterManager: ClusterManager,
  bundleOf: (component: string) => Pick<Bundle, 'images' | 'version'>,
  stateOf: (suffix: string) => OperandState,
  now?: Date,
): Condition[] | undefined => {
  const { generation, deletionTimestamp } = clusterManager.metadata;
  const present = clusterManager.status?.conditions;
  if (deletionTimestamp || !findCondition(present, clusterManagerCondition.applied.type)) return undefined;
  const component = (name: string, suffix: string) => {
    const { images, version } = bundleOf(name);
    return { version, isInBundle: Object.hasOwn(images, name), controller: stateOf(suffix) };
  };
  const addonGates = clusterManager.spec?.addOnManagerConfiguration?.featureGates;
  const wanted = [
    registrationDegraded(stateOf('registration-controller'), stateOf('registration-webhook'), generation),
    placementDegraded(component('placement', 'placement-controller'), generation),
    addOnManagerDegraded(
      {
        ...component('addon-manager', 'addon-manager-controller'),
        webhook: stateOf('addon-webhook'),
        isOn: isFeatureOn(addonGates, hubAddonFeatures, 'AddonManagement'),
        lack: unreachableWebhook(clusterManager),
      },
      generation,
    ),
  ];
  return setConditions(present, wanted, now);
};

/** Reports whether the operands' Pods are available; says nothing before Applied exists. */
export const statusController = (deps: Dependencies): Controller => {
  const deployments = deps.applier.deployments(deps.management);
  return {
    name: 'ClusterManagerStatusController',
    watches: [from(deps.clusterManagers), mapped(deployments, byOperand(deps.clusterManagers))],
    concurrency: 1,
    async reconcile(key, { signal }) {
      const clusterManager = deps.clusterManagers.get(key);
      if (!clusterManager) return;
      const namespace = hubNamespaceOf(clusterManager);
      const conditions = withOperandConditions(
        clusterManager,
        (component) => bundleInUse(deps, clusterManager, component),
        (suffix) => {
          const name = `${key}-${suffix}`;
          return { name, deployment: deployments.get(name, namespace) };
        },
      );
      if (!conditions) return;
      const status = { ...clusterManager.status, conditions };
      await patchStatus(deps.management.client, clusterManagers, clusterManager, status, {
        fieldManager,
        signal,
      });
    },
  };
};
