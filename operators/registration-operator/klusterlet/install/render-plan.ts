import type { Klusterlet } from '../../../api/generated/operator.ts';
import { configMap, secret as secretName } from '../../../api/names.ts';
import type { Context } from '../../../runtime/controller/controller.ts';
import {
  downgradeAnnotation,
  type RenderedObject,
  type Selection,
  selectVersion,
} from '../../bundle/index.ts';
import { stampVersion } from '../../bundle-version.ts';
import { withAgentImages } from '../../own-images.ts';
import { determineReplicas } from '../../replicas.ts';
import { textOf } from '../../secrets/secret.ts';
import { parseTlsProfile, TlsProfileError, type TlsSettings } from '../../tls-profile.ts';
import type { Dependencies } from '../dependencies.ts';
import { agentNamespace, isHosted, isSingleton, type Mode } from '../mode.ts';
import { feasible } from '../rendering/feasible.ts';
import { hasPriorityClasses, renderInput } from '../rendering/parameters.ts';
import { workReplicas } from '../rendering/work-replicas.ts';
import { dialledOf } from './dialled.ts';
import { InstallError } from './applied-status.ts';
import { presentVersions } from './present-versions.ts';

/** Everything that is to be applied for a Klusterlet, rendered before the first object is written. */
export interface Plan {
  mode: Mode;
  /** Of the newest bundle in use, which CRDs follow. */
  version: string;
  stage(name: StageName): RenderedObject[];
  /** The name that the work agent is started with; undefined while only the registration agent knows it. */
  clusterName: string | undefined;
}

export type StageName = 'crds' | 'managed' | 'management' | 'network' | 'registration' | 'work' | 'singleton';

/** The images of the agents by component. */
const imagesOf = (klusterlet: Klusterlet, mode: Mode): Record<string, string | undefined> =>
  isSingleton(mode)
    ? { 'registration-operator': klusterlet.spec?.imagePullSpec }
    : {
        registration: klusterlet.spec?.registrationImagePullSpec,
        work: klusterlet.spec?.workImagePullSpec,
      };

const select = (deps: Dependencies, klusterlet: Klusterlet, mode: Mode): Selection => {
  const result = selectVersion(deps.bundles, imagesOf(klusterlet, mode), {
    kubernetesVersion: deps.settings.kubernetesVersion,
    ...presentVersions(deps, klusterlet, mode),
    allowDowngrade: klusterlet.metadata.annotations?.[downgradeAnnotation] === 'true',
  });
  if ('refusal' in result)
    throw new InstallError(result.refusal.reason, result.refusal.message, { waiting: true });
  return result.selection;
};

/**
 * The TLS profile of the operator's namespace; undefined when there is none, or when no bundle in use hands it to agents
 * (operator.md 1.5).
 * @throws InstallError when it cannot be used
 */
const tlsOf = (
  { tlsProfiles, settings }: Dependencies,
  { newest, components }: Selection,
  { log }: Context,
): TlsSettings | undefined => {
  const found = tlsProfiles.get(configMap.tlsProfile, settings.operatorNamespace);
  const asksForIt = [newest, ...Object.values(components)].some(
    ({ sets }) => sets.klusterlet?.parameters.tlsArguments,
  );
  if (!found || !asksForIt) return undefined;
  try {
    const { profile, unknownCiphers } = parseTlsProfile(found.data);
    if (unknownCiphers.length > 0)
      log.debug(2, 'unknown cipher suites in the TLS profile are ignored', { unknownCiphers });
    return profile;
  } catch (cause) {
    if (!(cause instanceof TlsProfileError)) throw cause;
    throw new InstallError('TLSProfileInvalid', cause.message, { cause, waiting: true });
  }
};

/** The name in the spec, else the one that the registration agent chose and left in its secret (operator.md 5.5). */
const clusterNameOf = (deps: Dependencies, klusterlet: Klusterlet, mode: Mode): string | undefined => {
  const namespace = agentNamespace(klusterlet, mode);
  const secret = deps.agentSecrets
    .map((informer) => informer.get(secretName.hubKubeconfig, namespace))
    .find((found) => found !== undefined);
  return klusterlet.spec?.clusterName || textOf(secret, 'cluster-name');
};

/**
 * @throws InstallError when the images are refused, or the TLS profile cannot be used
 * @throws BundleError when a bundle asks for what the operator does not supply
 */
export const planOf = async (
  deps: Dependencies,
  klusterlet: Klusterlet,
  mode: Mode,
  context: Context,
): Promise<Plan> => {
  const { log, signal } = context;
  const { settings, management } = deps;
  const selection = select(deps, klusterlet, mode);
  const replicas = await determineReplicas(
    management.client,
    {
      forced: settings.deploymentReplicas,
      hosted: isHosted(mode),
      selector: settings.controlPlaneNodeSelector,
    },
    log,
    signal,
  );
  const clusterName = clusterNameOf(deps, klusterlet, mode);
  const stages = deps.rendered.render(
    klusterlet,
    selection,
    renderInput(feasible(withAgentImages(settings.images, klusterlet)).klusterlet, {
      mode,
      replicas,
      workReplicas: workReplicas(klusterlet, replicas),
      workClusterName: clusterName ?? '',
      hasPriorityClasses: hasPriorityClasses(settings.kubernetesVersion),
      syncLabels: settings.syncLabels,
      keepsAddonNamespace: settings.keepsAddonNamespace,
      tls: tlsOf(deps, selection, context),
      dialled: await dialledOf(deps, klusterlet, mode, log),
    }),
  );
  return {
    mode,
    version: selection.newest.version,
    clusterName,
    stage: (name) =>
      (stages.find((stage) => stage.name === name)?.objects ?? []).map((rendered) => ({
        ...rendered,
        object: stampVersion(selection, rendered),
      })),
  };
};
