/** Every kind: its types and its resource. Names, conditions and features have modules of their own. */
export * from './generated/about.ts';
export * from './generated/addon.ts';
export * from './generated/cluster.ts';
export * from './generated/multicluster.ts';
export * from './generated/operator.ts';
export * from './generated/work.ts';
export type * from './meta.ts';
