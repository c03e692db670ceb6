import type { JsonPath } from '../../../api/generated/work.ts';

/** Status values that are reported for a kind without naming paths, by `apiVersion/kind` (work.md 4.2). */
const wellKnown: ReadonlyMap<string, readonly JsonPath[]> = new Map([
  [
    'apps/v1/Deployment',
    [
      { name: 'ReadyReplicas', path: '.status.readyReplicas' },
      { name: 'Replicas', path: '.status.replicas' },
      { name: 'AvailableReplicas', path: '.status.availableReplicas' },
    ],
  ],
  [
    'apps/v1/DaemonSet',
    [
      { name: 'NumberReady', path: '.status.numberReady' },
      { name: 'DesiredNumberScheduled', path: '.status.desiredNumberScheduled' },
      { name: 'NumberAvailable', path: '.status.numberAvailable' },
    ],
  ],
  [
    'batch/v1/Job',
    [
      { name: 'JobComplete', path: '.status.conditions[?(@.type=="Complete")].status' },
      { name: 'JobSucceeded', path: '.status.succeeded' },
    ],
  ],
  [
    'v1/Pod',
    [
      { name: 'PodReady', path: '.status.conditions[?(@.type=="Ready")].status' },
      { name: 'PodPhase', path: '.status.phase' },
    ],
  ],
]);

/** The paths of a kind's well-known status; undefined for a kind that has none. */
export const wellKnownPaths = (apiVersion: string, kind: string): readonly JsonPath[] | undefined =>
  wellKnown.get(`${apiVersion}/${kind}`);
