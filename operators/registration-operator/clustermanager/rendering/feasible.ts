import { hubRegistrationFeatures, unavailableRegistrationFeatures } from '../../../api/features.ts';
import type { ClusterManager, RegistrationDriver } from '../../../api/generated/operator.ts';
import { authType } from '../../../api/names.ts';
import { type Bundles, isOwnRelease } from '../../bundle/index.ts';
import { type GatesByComponent, isFeatureOn } from '../../feature-gates.ts';
import { knowsDriver } from '../../own-drivers.ts';
import { grpcServerImage } from './grpc-endpoint.ts';
import { foreignWorkDriver } from './parameters.ts';

/** What of a ClusterManager its images can do, and what is left out of it because they cannot. */
export interface Feasible {
  clusterManager: ClusterManager;
  /** For the condition ValidFeatureGates. */
  gates: GatesByComponent;
  /** Drivers, in words for the user. */
  problems: string[];
  /** Values, for the condition ValidConfiguration. */
  leftOut: string[];
}

type Spec = NonNullable<ClusterManager['spec']>;

const ownGates = (spec: Spec): Pick<Feasible, 'gates'> & { spec: Spec } => {
  const registration = spec.registrationConfiguration;
  const gates = unavailableRegistrationFeatures.filter((gate) =>
    isFeatureOn(registration?.featureGates, hubRegistrationFeatures, gate),
  );
  const featureGates = registration?.featureGates?.filter(
    ({ feature }) => !(gates as readonly string[]).includes(feature),
  );
  return {
    gates: { Registration: gates },
    spec: {
      ...spec,
      ...(registration && { registrationConfiguration: { ...registration, featureGates } }),
    },
  };
};

const knownDrivers = (
  bundles: Bundles,
  clusterManager: ClusterManager,
): Pick<Feasible, 'problems' | 'leftOut'> & { spec: Spec } => {
  const { spec = {} } = clusterManager;
  const drivers = spec.registrationConfiguration?.registrationDrivers ?? [];
  /** The image for which a driver cannot be used: the gRPC server has one of its own. */
  const lacking = ({ authType: name }: RegistrationDriver): string | undefined =>
    [
      spec.registrationImagePullSpec,
      ...(name === authType.grpc ? [grpcServerImage(clusterManager)] : []),
    ].find((image) => !knowsDriver(bundles, image, name));
  // The server that somebody names an image for is theirs; the registration controller goes on without its driver.
  const isKept = ({ authType: name }: RegistrationDriver): boolean =>
    name === authType.grpc &&
    Boolean(spec.serverConfiguration?.imagePullSpec?.trim()) &&
    knowsDriver(bundles, grpcServerImage(clusterManager), name);
  const missing = drivers.filter((driver) => lacking(driver) !== undefined);
  if (missing.length === 0) return { problems: [], leftOut: [], spec };
  const say = (driver: RegistrationDriver) =>
    `Registration driver ${driver.authType} is not used: image ${lacking(driver)} does not have it; remove it, or use an image that does`;
  const registrationDrivers = drivers.filter((driver) => isKept(driver) || !missing.includes(driver));
  return {
    problems: missing.filter((driver) => !isKept(driver)).map(say),
    leftOut: missing.filter(isKept).map(say),
    spec: {
      ...spec,
      registrationConfiguration: { ...spec.registrationConfiguration, registrationDrivers },
    },
  };
};

/** Ways to configure imported clusters; with any other the registration controller does not start (registration.md 1.2). */
const renderers = ['render-auto', 'render-from-config-secret'];

const knownRenderers = (spec: Spec): { leftOut: string[]; spec: Spec } => {
  const registration = spec.registrationConfiguration;
  const asked = registration?.importerConfiguration?.renderers ?? [];
  const unknown = asked.filter((name) => !renderers.includes(name));
  if (unknown.length === 0) return { leftOut: [], spec };
  const importerConfiguration = { renderers: asked.filter((name) => !unknown.includes(name)) };
  return {
    leftOut: [
      `spec.registrationConfiguration.importerConfiguration.renderers: ${JSON.stringify(unknown)} are unknown; there are ${renderers.join(' and ')}`,
    ],
    spec: { ...spec, registrationConfiguration: { ...registration, importerConfiguration } },
  };
};

/**
 * A ClusterManager without what its images cannot do: gates and drivers of the upstream project that images of this
 * project's versions do not have. Where a tag does not say whose an image is, all is passed on; images of this project
 * serve without what they do not have.
 */
export const feasible = (bundles: Bundles, clusterManager: ClusterManager): Feasible => {
  const { leftOut, spec: known } = knownRenderers(clusterManager.spec ?? {});
  const drivers = knownDrivers(bundles, { ...clusterManager, spec: known });
  const result: Feasible = {
    clusterManager,
    gates: {},
    problems: drivers.problems,
    leftOut: [...leftOut, ...drivers.leftOut],
  };
  let { spec } = drivers;
  if (isOwnRelease(bundles, spec.registrationImagePullSpec)) {
    const own = ownGates(spec);
    result.gates = own.gates;
    spec = own.spec;
  }
  const workDriver = foreignWorkDriver(clusterManager);
  if (workDriver && isOwnRelease(bundles, spec.workImagePullSpec)) {
    result.gates = { ...result.gates, Work: [`CloudEventsDrivers with workDriver ${workDriver}`] };
    spec = { ...spec, workConfiguration: { ...spec.workConfiguration, workDriver: 'kube' } };
  }
  return { ...result, clusterManager: { ...clusterManager, spec } };
};
