import { deployments as resource } from '../../../runtime/client/kubernetes.ts';
import { type Applied, rolloutOf } from '../../apply/index.ts';
import { bundleVersionAnnotation, type RenderedObject } from '../../bundle/index.ts';
import type { Dependencies } from '../dependencies.ts';

/** Whether a Deployment stands, from another version of its bundle than it is to have. */
const isUpgrade = (deps: Dependencies, { object: { metadata } }: RenderedObject): boolean => {
  const live = deps.applier.deployments(deps.management).get(metadata.name, metadata.namespace);
  const versionOf = (annotations: Record<string, string> | undefined) =>
    annotations?.[bundleVersionAnnotation];
  return live !== undefined && versionOf(live.metadata.annotations) !== versionOf(metadata.annotations);
};

/** Whether all Pods of a Deployment are as it was applied; the cache may not have heard of that yet. */
const isRolledOut = (deps: Dependencies, { ref, generation }: Applied): boolean => {
  const live = deps.applier.deployments(deps.management).get(ref.name, ref.namespace);
  return live !== undefined && rolloutOf(live, generation).state === 'complete';
};

/**
 * Whether the Deployments of a stage are to stay as they are for now: they would be brought to another version while
 * those of the stages before still roll to theirs. A version that does not start then stops at the first agent
 * (DESIGN.md 4).
 */
export const isHeld = (deps: Dependencies, stage: RenderedObject[], before: readonly Applied[]): boolean =>
  stage.some((rendered) => rendered.object.kind === resource.kind && isUpgrade(deps, rendered)) &&
  before.some((applied) => applied.ref.resource.kind === resource.kind && !isRolledOut(deps, applied));
