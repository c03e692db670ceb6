import type { Klusterlet } from '../../api/generated/operator.ts';
import { completeVersion } from '../bundle-version.ts';
import type { Dependencies } from './dependencies.ts';
import { agentNamespace, deploymentName, isSingleton, type Mode } from './mode.ts';

/** Component → version that its Deployment runs, with its rollout complete; undefined where there is none. */
export const runningVersions = (
  deps: Dependencies,
  klusterlet: Klusterlet,
  mode: Mode,
): Record<string, string | undefined> => {
  const { name } = klusterlet.metadata;
  const namespace = agentNamespace(klusterlet, mode);
  const deployments = deps.applier.deployments(deps.management);
  const versionOf = (deployment: string) => completeVersion(deployments.get(deployment, namespace));
  return isSingleton(mode)
    ? { 'registration-operator': versionOf(deploymentName.singleton(name)) }
    : {
        registration: versionOf(deploymentName.registration(name)),
        work: versionOf(deploymentName.work(name)),
      };
};
