import { hubRegistrationFeatures, unavailableRegistrationFeatures } from '../../../api/features.ts';
import type { ClusterManager, RegistrationDriver } from '../../../api/generated/operator.ts';
import { authType } from '../../../api/names.ts';
import { type Bundles, isOwnRelease } from '../../bundle/index.ts';
import { type GatesByComponent, isFeatureOn } from '../../feature-gates.ts';
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

/** By which a registration image of this project lets clusters register. */
const ownDrivers: readonly string[] = [authType.csr];

const ownRegistration = (spec: Spec): Pick<Feasible, 'gates' | 'problems' | 'leftOut'> & { spec: Spec } => {
  const registration = spec.registrationConfiguration;
  const gates = unavailableRegistrationFeatures.filter((gate) =>
    isFeatureOn(registration?.featureGates, hubRegistrationFeatures, gate),
  );
  const drivers = registration?.registrationDrivers ?? [];
  const missing = drivers.filter((driver) => !ownDrivers.includes(driver.authType));
  // The server that somebody names an image for is theirs; the registration controller goes on without its driver.
  const isKept = (driver: RegistrationDriver) =>
    driver.authType === authType.grpc && Boolean(spec.serverConfiguration?.imagePullSpec?.trim());
  const say = ({ authType: name }: RegistrationDriver) =>
    `Registration driver ${name} is not used: image ${spec.registrationImagePullSpec} does not have it; remove it, or use an image that does`;
  return {
    gates: { Registration: gates },
    problems: missing.filter((driver) => !isKept(driver)).map(say),
    leftOut: missing.filter(isKept).map(say),
    spec: {
      ...spec,
      ...(registration && {
        registrationConfiguration: {
          ...registration,
          featureGates: registration.featureGates?.filter(
            ({ feature }) => !(gates as readonly string[]).includes(feature),
          ),
          registrationDrivers: drivers.filter((driver) => isKept(driver) || !missing.includes(driver)),
        },
      }),
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
 * A ClusterManager without what its images cannot do: gates and drivers of the upstream project that this project's
 * images do not have yet. Where a tag does not say whose an image is, all is passed on; images of this project serve
 * without what they do not have.
 */
export const feasible = (bundles: Bundles, clusterManager: ClusterManager): Feasible => {
  const { leftOut, spec: known } = knownRenderers(clusterManager.spec ?? {});
  const result: Feasible = { clusterManager, gates: {}, problems: [], leftOut };
  let spec = known;
  if (isOwnRelease(bundles, spec.registrationImagePullSpec)) {
    const registration = ownRegistration(spec);
    result.gates = registration.gates;
    result.problems.push(...registration.problems);
    result.leftOut.push(...registration.leftOut);
    spec = registration.spec;
  }
  const workDriver = foreignWorkDriver(clusterManager);
  if (workDriver && isOwnRelease(bundles, spec.workImagePullSpec)) {
    result.gates = { ...result.gates, Work: [`CloudEventsDrivers with workDriver ${workDriver}`] };
    spec = { ...spec, workConfiguration: { ...spec.workConfiguration, workDriver: 'kube' } };
  }
  return { ...result, clusterManager: { ...clusterManager, spec } };
};
