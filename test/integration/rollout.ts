import type { Client } from '../../operators/runtime/client/client.ts';
import { type Deployment, deployments } from '../../operators/runtime/client/kubernetes.ts';

/** Whether a Deployment says that all its Pods are as it wants them. */
export const isRolledOut = ({ metadata, spec, status }: Deployment): boolean =>
  status?.observedGeneration === metadata.generation && status?.availableReplicas === (spec?.replicas ?? 1);

/** Says of a Deployment that all its Pods are as it wants them: without nodes nobody else does. */
export const completeRollout = async (client: Client, { metadata, spec }: Deployment): Promise<void> => {
  const replicas = spec?.replicas ?? 1;
  const status = {
    observedGeneration: metadata.generation,
    replicas,
    updatedReplicas: replicas,
    readyReplicas: replicas,
    availableReplicas: replicas,
  };
  await client.patch(deployments, metadata, { type: 'merge', body: { status } }, { subresource: 'status' });
};
