import type { Client } from '../runtime/client/client.ts';
import { nodes } from '../runtime/client/kubernetes.ts';
import type { Logger } from '../runtime/process/logger.ts';

/** Default of `--control-plane-node-label-selector`. */
export const defaultControlPlaneSelector = 'node-role.kubernetes.io/master=';
/** What control-plane nodes carry instead since Kubernetes 1.24 (D21). */
const currentControlPlaneSelector = 'node-role.kubernetes.io/control-plane=';

/** One replica unless several control-plane nodes can hold them; three when nobody knows (operator.md 4.1). */
export const replicasFor = (controlPlaneNodes: number | undefined): number =>
  controlPlaneNodes === undefined || controlPlaneNodes > 1 ? 3 : 1;

export interface ReplicaOptions {
  /** `--deployment-replicas`: wins when above 0. */
  forced: number;
  hosted: boolean;
  selector: string;
}

/** Replicas of operand Deployments (operator.md 4.1). The default selector matches old and current nodes (D21). */
export const determineReplicas = async (
  client: Client,
  { forced, hosted, selector }: ReplicaOptions,
  log: Logger,
  signal?: AbortSignal,
): Promise<number> => {
  if (forced > 0) return forced;
  if (hosted) return 1;
  const selectors = [
    selector,
    ...(selector === defaultControlPlaneSelector ? [currentControlPlaneSelector] : []),
  ];
  try {
    const lists = await Promise.all(
      selectors.map((labelSelector) => client.list(nodes, { labelSelector, metadataOnly: true, signal })),
    );
    const names = lists.flatMap(({ items }) => items.map(({ metadata }) => metadata.name));
    return replicasFor(new Set(names).size);
  } catch (error) {
    if (signal?.aborted) throw error;
    log.warn('control-plane nodes cannot be counted', { selector, error });
    return replicasFor(undefined);
  }
};
