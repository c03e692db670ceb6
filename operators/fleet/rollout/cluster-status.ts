export type RolloutState = 'ToApply' | 'Progressing' | 'Succeeded' | 'Failed' | 'TimeOut';

/** How far the rollout has come on one cluster. */
export interface ClusterStatus {
  cluster: string;
  state: RolloutState;
  /** Since when, in milliseconds since the epoch. */
  since?: number;
}
