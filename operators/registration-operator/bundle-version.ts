import type { Deployment } from '../runtime/client/kubernetes.ts';
import { rolloutOf } from './apply/index.ts';
import {
  bundleVersionAnnotation,
  type RenderedObject,
  type Selection,
  type SelectOptions,
} from './bundle/index.ts';

/** Writes on a Deployment which version it is, so that an operator can tell an upgrade from a step back. */
export const stampVersion = (selection: Selection, { object, component }: RenderedObject) => {
  if (object.kind !== 'Deployment' || component === undefined) return object;
  const { version } = selection.components[component] ?? selection.newest;
  const annotations = { ...object.metadata.annotations, [bundleVersionAnnotation]: version };
  return { ...object, metadata: { ...object.metadata, annotations } };
};

/** The version that a Deployment was applied from, whatever became of its rollout. */
export const standingVersion = (deployment: Deployment | undefined): string | undefined =>
  deployment?.metadata.annotations?.[bundleVersionAnnotation];

/**
 * The version that a Deployment runs with its rollout complete. Undefined while it is under way: whoever goes back from
 * an upgrade that does not get on goes to what still serves.
 */
const completeVersion = (deployment: Deployment | undefined): string | undefined =>
  deployment && rolloutOf(deployment).state === 'complete' ? standingVersion(deployment) : undefined;

/** What `selectVersion` is to know of the components, each by the Deployment that tells its version. */
export const versionsOf = (
  components: Readonly<Record<string, Deployment | undefined>>,
): Required<Pick<SelectOptions, 'running' | 'standing'>> => {
  const by = (versionOf: typeof standingVersion) =>
    Object.fromEntries(
      Object.entries(components).map(([component, deployment]) => [component, versionOf(deployment)]),
    );
  return { running: by(completeVersion), standing: by(standingVersion) };
};
