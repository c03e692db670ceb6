import type { Klusterlet } from '../../../api/generated/operator.ts';
import type { Dependencies } from '../dependencies.ts';
import { agentNamespace, deploymentsOf, type Mode } from '../mode.ts';
import type { Reading } from './agent-conditions.ts';

/** The Deployments of the agents as the cache has them, by name. */
export const readDeployments = (
  deps: Dependencies,
  klusterlet: Klusterlet,
  mode: Mode,
): Map<string, Reading> => {
  const cached = deps.applier.deployments(deps.management);
  const namespace = agentNamespace(klusterlet, mode);
  const { wanted } = deploymentsOf(klusterlet.metadata.name, mode);
  return new Map(wanted.map((name) => [name, cached.get(name, namespace) ?? 'missing']));
};
