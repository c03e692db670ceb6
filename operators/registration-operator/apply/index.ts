/**
 * Applies rendered objects and keeps them as applied.
 *
 *     const applier = new Applier({ fieldManager, ownerLabel, log, signal });
 *     await applier.apply(cluster, klusterlet.metadata.name, object);   // sends nothing when known to be as wanted
 *     controller.watches = [from(klusterlets), applier.drift];          // the owner's name, when an object was changed
 */
export { type Applied, Applier, type ApplierOptions, type Cluster, type Repair } from './applier.ts';
export { applyCrd, mayWriteCrd, numericVersion, releaseCrd } from './crds/crd.ts';
export { hashOf } from './hash.ts';
export { describe, type ObjectRef, refOf, resourceOf } from './kinds.ts';
export { podProblem, type Rollout, rolloutCause, rolloutOf, unavailableReplicas } from './rollout.ts';
export * from './status.ts';
