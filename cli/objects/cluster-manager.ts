import type { ClusterManager } from '../../operators/api/index.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { CLUSTER_MANAGER } from '../names.ts';
import { bootstrapObjects, bootstrapUsers, type BootstrapValues } from './bootstrap.ts';
import { imageOf, operatorNamespace, operatorObjects, type OperatorValues, pullSecret } from './operator.ts';

type Spec = NonNullable<ClusterManager['spec']>;

/** The values of the cluster-manager chart (packaging.md 2.1, cli.md 4.5). */
export interface ClusterManagerValues extends OperatorValues, BootstrapValues {
  clusterManager: Pick<
    Spec,
    | 'resourceRequirement'
    | 'workConfiguration'
    | 'addOnManagerConfiguration'
    | 'placementConfiguration'
    | 'serverConfiguration'
    | 'nodePlacement'
  > & {
    create: boolean;
    mode: 'Default' | 'Hosted';
    registrationConfiguration: NonNullable<Spec['registrationConfiguration']>;
  };
}

/** All objects of a hub (cli.md 4.5). */
export const hubObjects = (values: ClusterManagerValues, tokenSecret?: string): UnknownObject[] => [
  ...operatorObjects('cluster-manager', values),
  ...(values.createNamespace ? [operatorNamespace] : []),
  ...pullSecret(values.images, CLUSTER_MANAGER),
  ...bootstrapObjects(values, tokenSecret),
  ...(values.clusterManager.create ? [clusterManagerObject(values)] : []),
];

/** The custom resource that the values stand for. */
export const clusterManagerObject = ({
  images,
  clusterManager,
  ...values
}: ClusterManagerValues): UnknownObject => {
  const { registrationConfiguration } = clusterManager;
  const users = [
    ...new Set([...(registrationConfiguration.autoApproveUsers ?? []), ...bootstrapUsers(values)]),
  ];
  const spec: Spec = {
    deployOption: { mode: clusterManager.mode },
    registrationImagePullSpec: imageOf(images, 'registration'),
    workImagePullSpec: imageOf(images, 'work'),
    placementImagePullSpec: imageOf(images, 'placement'),
    addOnManagerImagePullSpec: imageOf(images, 'addon-manager'),
    resourceRequirement: clusterManager.resourceRequirement,
    registrationConfiguration: {
      ...registrationConfiguration,
      ...(users.length > 0 && { autoApproveUsers: users }),
    },
    workConfiguration: clusterManager.workConfiguration,
    addOnManagerConfiguration: clusterManager.addOnManagerConfiguration,
    placementConfiguration: clusterManager.placementConfiguration,
    ...(clusterManager.serverConfiguration && { serverConfiguration: clusterManager.serverConfiguration }),
    ...(clusterManager.nodePlacement && { nodePlacement: clusterManager.nodePlacement }),
  };
  return {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'ClusterManager',
    metadata: { name: CLUSTER_MANAGER },
    spec,
  };
};
