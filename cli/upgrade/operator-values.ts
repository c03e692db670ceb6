import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { OperatorValues } from '../objects/operator.ts';

type Pods = Pick<
  OperatorValues,
  | 'replicaCount'
  | 'enableSyncLabels'
  | 'priorityClassName'
  | 'nodeSelector'
  | 'tolerations'
  | 'affinity'
  | 'resources'
  | 'extraVolumes'
  | 'extraVolumeMounts'
>;

/**
 * What somebody chose about an operator's Pods when it was installed: an upgrade leaves it as it is (cli.md 9).
 * @param objects what the new version brings by itself: that is not the user's
 */
export const keptValues = (
  present: Deployment | undefined,
  objects: readonly UnknownObject[],
  replicas: number,
): Pods => {
  const rendered = objects.find(({ kind }) => kind === 'Deployment') as unknown as Deployment;
  const pod = present?.spec?.template.spec;
  const container = pod?.containers[0];
  return {
    replicaCount: present?.spec?.replicas ?? replicas,
    enableSyncLabels: container?.args?.includes('--enable-sync-labels') ?? false,
    priorityClassName: pod?.priorityClassName,
    nodeSelector: pod?.nodeSelector,
    tolerations: pod?.tolerations,
    affinity: pod?.affinity as Record<string, unknown> | undefined,
    resources: container?.resources as Record<string, unknown> | undefined,
    extraVolumes: added(pod?.volumes, rendered.spec?.template.spec?.volumes),
    extraVolumeMounts: added(
      container?.volumeMounts,
      rendered.spec?.template.spec?.containers[0]?.volumeMounts,
    ),
  };
};

const added = <T extends { name: string }>(
  present: readonly T[] | undefined,
  own: readonly T[] | undefined,
): Record<string, unknown>[] =>
  (present ?? []).filter(({ name }) => !own?.some((each) => each.name === name)) as unknown as Record<
    string,
    unknown
  >[];
