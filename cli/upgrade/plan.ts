import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import {
  bundleVersionAnnotation,
  downgradeAnnotation,
} from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { type Deployment, deployments } from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import type { Sight } from '../cluster/wait.ts';
import { OPERATOR_NAMESPACE } from '../names.ts';
import type { UpgradeFacts } from './preflight.ts';

/** What is upgraded on one cluster, and to what: the same for a hub and for a klusterlet. */
export interface Plan<T extends ClusterManager | Klusterlet = ClusterManager | Klusterlet> {
  client: Client;
  /** Of the operator: nothing but its CRD where it runs on another cluster. */
  operator: UnknownObject[];
  resource: Resource<T>;
  present: T;
  /** The fields of its spec that it is to have. */
  spec: object;
  /** The image of the operator that is upgraded to. */
  target: string;
  /** The Deployments that tell which version of a component runs. */
  components: Record<string, { name: string; namespace: string }>;
  /** Where it stands, for a wait; a state says what is missing. */
  look(this: void, object: T | undefined): Sight;
  /** What is wrong with it, in its own words. */
  problem(this: void, object: T): string | undefined;
}

/** Component → field of the custom resource that holds its image. */
const IMAGE_FIELDS = {
  registration: 'registrationImagePullSpec',
  work: 'workImagePullSpec',
  placement: 'placementImagePullSpec',
  'addon-manager': 'addOnManagerImagePullSpec',
} as const;

/** The images that a spec asks for, by component; those that it has no field for are not there. */
export const imagesOf = (spec: object): UpgradeFacts['images'] =>
  Object.fromEntries(
    Object.entries(IMAGE_FIELDS)
      .filter(([, field]) => Object.hasOwn(spec, field))
      .map(([component, field]) => [component, (spec as Record<string, string>)[field]]),
  );

/** Asks a cluster what an upgrade to this spec is judged by. */
export const factsOf = async (
  { client, present, components, problem }: Plan,
  spec: object,
  goesBack = false,
): Promise<UpgradeFacts> => {
  const [{ gitVersion }, ...found] = await Promise.all([
    client.request<{ gitVersion: string }>({ method: 'GET', path: '/version' }),
    ...Object.entries(components).map(async ([component, { name, namespace }]) => {
      const deployment = await client.find(deployments, name, namespace);
      return [component, deployment] as const;
    }),
  ]);
  const versions = (counts: (deployment: Deployment) => boolean) =>
    Object.fromEntries(
      found.map(([component, deployment]) => [
        component,
        deployment && counts(deployment)
          ? deployment.metadata.annotations?.[bundleVersionAnnotation]
          : undefined,
      ]),
    );
  return {
    images: imagesOf(spec),
    versions: {
      kubernetesVersion: gitVersion,
      running: versions(isRolledOut),
      standing: versions(() => true),
      allowDowngrade: goesBack || present.metadata.annotations?.[downgradeAnnotation] === 'true',
    },
    problem: problem(present),
  };
};

/** The Deployment of the operator that the plan is about; undefined when it runs on another cluster, or not at all. */
export const operatorOf = async ({ client, operator }: Plan): Promise<Deployment | undefined> => {
  const name = operator.find(({ kind }) => kind === 'Deployment')?.metadata.name;
  return name === undefined ? undefined : client.find(deployments, name, OPERATOR_NAMESPACE);
};

/** Whether all Pods are of the present Deployment and serve; one of before that is still there does not count. */
export const isRolledOut = ({ metadata, spec, status = {} }: Deployment): boolean => {
  const wanted = spec?.replicas ?? 1;
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted
  );
};
