import type { ClusterManager } from '../../../api/generated/operator.ts';
import { type Bundle, selectVersion, downgradeAnnotation, type SelectResult } from '../../bundle/index.ts';
import { versionsOf } from '../../bundle-version.ts';
import type { Dependencies } from '../dependencies.ts';
import { hubNamespaceOf } from '../mode.ts';

type Known = Pick<Dependencies, 'applier' | 'bundles' | 'management'>;

/** Component → the Deployment that tells which version of it there is. */
const tellingDeployments = ({ applier, management }: Known, clusterManager: ClusterManager) => {
  const { name } = clusterManager.metadata;
  const namespace = hubNamespaceOf(clusterManager);
  const deployments = applier.deployments(management);
  return {
    registration: deployments.get(`${name}-registration-controller`, namespace),
    work: deployments.get(`${name}-work-webhook`, namespace),
    placement: deployments.get(`${name}-placement-controller`, namespace),
    // Which is there whether add-ons are managed or not.
    'addon-manager': deployments.get(`${name}-addon-webhook`, namespace),
  };
};

/**
 * The bundle of each component of a hub, by its image, or why its images cannot be installed (DESIGN.md 4).
 * @param kubernetesVersion `gitVersion` of the hub; not checked when undefined
 */
export const selectionOf = (
  deps: Known,
  clusterManager: ClusterManager,
  kubernetesVersion?: string,
): SelectResult => {
  const { spec, metadata } = clusterManager;
  return selectVersion(
    deps.bundles,
    {
      registration: spec?.registrationImagePullSpec,
      work: spec?.workImagePullSpec,
      placement: spec?.placementImagePullSpec,
      'addon-manager': spec?.addOnManagerImagePullSpec,
    },
    {
      kubernetesVersion,
      ...versionsOf(tellingDeployments(deps, clusterManager)),
      allowDowngrade: metadata.annotations?.[downgradeAnnotation] === 'true',
    },
  );
};

/** The bundle that a component is from, or would be: of what stands where the images are refused. */
export const bundleInUse = (deps: Known, clusterManager: ClusterManager, component: string): Bundle => {
  const result = selectionOf(deps, clusterManager);
  if ('selection' in result) return result.selection.components[component] ?? result.selection.newest;
  const { standing } = versionsOf(tellingDeployments(deps, clusterManager));
  const version = standing[component] ?? standing['registration'];
  return deps.bundles.find((bundle) => bundle.version === version) ?? deps.bundles[0];
};
