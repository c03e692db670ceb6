import { klusterletCondition } from '../../../api/conditions.ts';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { isTrue, type NextCondition } from '../../../runtime/controller/conditions.ts';
import type { Dependencies } from '../dependencies.ts';
import { agentNamespace, type Mode } from '../mode.ts';
import { agentConditions, type Pending } from '../status/agent-conditions.ts';
import { readDeployments } from '../status/agent-deployments.ts';
import type { Installed } from './install.ts';

/** What a sync has set in motion. */
export const pendingOf = ({ applied, held }: Installed): Pending => ({
  generations: new Map(
    applied
      .filter(({ ref }) => ref.resource.kind === 'Deployment')
      .map(({ ref, generation }) => [ref.name, generation]),
  ),
  held,
});

/**
 * Progressing=True when a sync has set Deployments rolling, so that status never claims the present spec with agents
 * that are up to date while they are not. That they roll already, and what follows, is reported by the status
 * controller.
 */
export const nowRolling = (deps: Dependencies, klusterlet: Klusterlet, mode: Mode): NextCondition[] => {
  const { type } = klusterletCondition.progressing;
  if (isTrue(klusterlet.status?.conditions, type)) return [];
  return agentConditions(klusterlet.metadata, mode, agentNamespace(klusterlet, mode), {
    readings: readDeployments(deps, klusterlet, mode),
    causes: new Map(),
    pending: deps.pending.get(klusterlet.metadata.name),
  }).filter((condition) => condition.type === type && condition.status === 'True');
};
