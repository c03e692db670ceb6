import { klusterletCondition } from '../../api/conditions.ts';
import { klusterlets as resource } from '../../api/generated/operator.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { findCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { agentConditions, type Reading } from './availability.ts';
import { type Dependencies, fieldManager } from './dependencies.ts';
import { klusterletsOfDeployment } from './keys.ts';
import { agentNamespace, deploymentsOf, modeOf } from './mode.ts';

/** Reports how the agents' Deployments fare (operator.md 5.10); idle until something was applied. */
export const statusController = (deps: Dependencies): Controller => {
  const deployments = deps.applier.deployments(deps.management);
  return {
    name: 'KlusterletStatusController',
    resyncMs: 300_000,
    watches: [from(deps.klusterlets), mapped(deployments, klusterletsOfDeployment(deps.klusterlets))],
    async reconcile(name) {
      const klusterlet = deps.klusterlets.get(name);
      const mode = klusterlet && modeOf(klusterlet);
      if (!mode || !findCondition(klusterlet.status?.conditions, klusterletCondition.applied.type)) return;
      const namespace = agentNamespace(klusterlet, mode);
      const readings = new Map<string, Reading>(
        deploymentsOf(name, mode).wanted.map((deployment) => [
          deployment,
          deployments.get(deployment, namespace) ?? 'missing',
        ]),
      );
      const conditions = agentConditions(klusterlet.metadata, mode, namespace, readings).reduce(
        (list, next) => setCondition(list, next),
        klusterlet.status?.conditions ?? [],
      );
      await patchStatus(
        deps.management.client,
        resource,
        klusterlet,
        { ...klusterlet.status, conditions },
        { fieldManager },
      );
    },
  };
};
