/** The bundles of this repository as the operator of a hub loads and renders them, for tests of what is rendered. */
import type { ClusterManager } from '../../../api/generated/operator.ts';
import { type Stage, findBundles, loadBundles, render } from '../../bundle/index.ts';
import { type Observed, renderInput, suppliedParameters } from './parameters.ts';

/** Newest first. */
export const bundles = loadBundles(findBundles(), {
  sets: ['clustermanager'],
  supplies: { clustermanager: suppliedParameters() },
});

/** What the newest bundle installs for a ClusterManager. */
export const stagesFor = (clusterManager: ClusterManager, observed: Observed): Stage[] =>
  render(bundles[0], 'clustermanager', renderInput(clusterManager, observed));

/** As {@link stagesFor}, the objects of all stages in their order. */
export const objectsFor = (...args: Parameters<typeof stagesFor>): Stage['objects'] =>
  stagesFor(...args).flatMap(({ objects }) => objects);
