import { klusterletCondition } from '../../../api/conditions.ts';
import { klusterlets as resource } from '../../../api/generated/operator.ts';
import { type Controller, from, mapped, type Result } from '../../../runtime/controller/controller.ts';
import { findCondition, setConditions } from '../../../runtime/controller/conditions.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { rolloutCause } from '../../apply/index.ts';
import { klusterletsOfDeployment } from '../affected-klusterlets.ts';
import { type Dependencies, fieldManager } from '../dependencies.ts';
import { agentNamespace, modeOf } from '../mode.ts';
import { agentConditions, unfinished } from './agent-conditions.ts';
import { readDeployments } from './agent-deployments.ts';

/** How often Pods that are not ready are asked for the cause. */
const causeMs = 10_000;

/** Reports how the agents' Deployments fare (operator.md 5.10); idle until something was applied. */
export const statusController = (deps: Dependencies): Controller => {
  const deployments = deps.applier.deployments(deps.management);
  return {
    name: 'KlusterletStatusController',
    resyncMs: 300_000,
    watches: [from(deps.klusterlets), mapped(deployments, klusterletsOfDeployment(deps.klusterlets))],
    async reconcile(name): Promise<Result> {
      const klusterlet = deps.klusterlets.get(name);
      const mode = klusterlet && modeOf(klusterlet);
      if (!mode || !findCondition(klusterlet.status?.conditions, klusterletCondition.applied.type))
        return undefined;
      const namespace = agentNamespace(klusterlet, mode);
      const readings = readDeployments(deps, klusterlet, mode);
      const causes = new Map<string, string>();
      for (const deployment of unfinished(readings.values())) {
        const cause = await rolloutCause(deps.management.client, deployment);
        if (cause) causes.set(deployment.metadata.name, cause);
      }
      const observation = { readings, causes, pending: deps.pending.get(name) };
      const conditions = setConditions(
        klusterlet.status?.conditions,
        agentConditions(klusterlet.metadata, mode, namespace, observation),
      );
      await patchStatus(
        deps.management.client,
        resource,
        klusterlet,
        { ...klusterlet.status, conditions },
        { fieldManager },
      );
      // What keeps a Pod from starting shows on the Pod alone, which nobody watches.
      return unfinished(readings.values()).length > 0 ? { requeueAfterMs: causeMs } : undefined;
    },
  };
};
