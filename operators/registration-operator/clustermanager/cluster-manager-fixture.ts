import type { ClusterManager } from '../../api/generated/operator.ts';

/** A ClusterManager of generation 2, for tests. */
export const clusterManager = (spec: object = {}, name = 'cm'): ClusterManager => ({
  metadata: { name, generation: 2 },
  spec,
});
