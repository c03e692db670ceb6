import type { Klusterlet } from '../../api/generated/operator.ts';
import type { RenderedObject, Selection } from '../bundle/index.ts';
import type { Dependencies } from './dependencies.ts';
import { agentNamespace, deploymentName, isSingleton, type Mode } from './mode.ts';

/** On a Deployment: the version of the bundle that its manifest is from. */
export const bundleVersionAnnotation = 'operator.open-cluster-management.io/bundle-version';

/** Writes on a Deployment which version it is, so that an operator can tell an upgrade from a step back. */
export const stampVersion = (selection: Selection, rendered: RenderedObject): RenderedObject => {
  const { object, component } = rendered;
  if (object.kind !== 'Deployment' || component === undefined) return rendered;
  const { version } = selection.components[component] ?? selection.newest;
  const annotations = { ...object.metadata.annotations, [bundleVersionAnnotation]: version };
  return { ...rendered, object: { ...object, metadata: { ...object.metadata, annotations } } };
};

/** Component → version of the bundle by which its Deployment was last applied; undefined where there is none. */
export const runningVersions = (
  deps: Dependencies,
  klusterlet: Klusterlet,
  mode: Mode,
): Record<string, string | undefined> => {
  const { name } = klusterlet.metadata;
  const namespace = agentNamespace(klusterlet, mode);
  const deployments = deps.applier.deployments(deps.management);
  const versionOf = (deployment: string): string | undefined =>
    deployments.get(deployment, namespace)?.metadata.annotations?.[bundleVersionAnnotation];
  return isSingleton(mode)
    ? { 'registration-operator': versionOf(deploymentName.singleton(name)) }
    : {
        registration: versionOf(deploymentName.registration(name)),
        work: versionOf(deploymentName.work(name)),
      };
};
