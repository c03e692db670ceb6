import type { Klusterlet } from '../../../api/generated/operator.ts';
import { versionsOf } from '../../bundle-version.ts';
import type { Dependencies } from '../dependencies.ts';
import { agentNamespace, deploymentName, isSingleton, type Mode } from '../mode.ts';

/** The versions of the components that there are, for `selectVersion`. */
export const presentVersions = (deps: Dependencies, klusterlet: Klusterlet, mode: Mode) => {
  const { name } = klusterlet.metadata;
  const namespace = agentNamespace(klusterlet, mode);
  const deployments = deps.applier.deployments(deps.management);
  const find = (deployment: string) => deployments.get(deployment, namespace);
  return versionsOf(
    isSingleton(mode)
      ? { 'registration-operator': find(deploymentName.singleton(name)) }
      : { registration: find(deploymentName.registration(name)), work: find(deploymentName.work(name)) },
  );
};
