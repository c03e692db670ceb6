import type { Node } from '../../../runtime/client/kubernetes.ts';
import {
  type Quantity,
  addQuantities,
  formatQuantity,
  parseQuantity,
} from '../../../runtime/client/quantity.ts';

type Resources = Record<string, string | number>;

const sum = (lists: (Resources | undefined)[]): Record<string, string> => {
  const totals = new Map<string, Quantity>();
  for (const list of lists)
    for (const [name, quantity] of Object.entries(list ?? {}))
      totals.set(name, addQuantities(totals.get(name), parseQuantity(quantity)));
  return Object.fromEntries([...totals].map(([name, total]) => [name, formatQuantity(total)]));
};

/**
 * What a cluster has, and what it can still give: capacity of all nodes, allocatable of those that take Pods; readiness
 * does not count. Kinds of capacity that no node knows stay as they were (registration.md 3.11).
 */
export const resourcesOf = (
  nodes: readonly Node[],
  presentCapacity: Resources = {},
): { capacity: Resources; allocatable: Resources } => ({
  capacity: { ...presentCapacity, ...sum(nodes.map(({ status }) => status?.capacity)) },
  allocatable: sum(nodes.filter(({ spec }) => !spec?.unschedulable).map(({ status }) => status?.allocatable)),
});

/** Keeps of a node what its resources need. */
export const trimNode = ({ metadata, spec, status }: Node): Node => ({
  metadata: { name: metadata.name, uid: metadata.uid, resourceVersion: metadata.resourceVersion },
  spec: spec?.unschedulable ? { unschedulable: true } : undefined,
  status: { capacity: status?.capacity, allocatable: status?.allocatable },
});
