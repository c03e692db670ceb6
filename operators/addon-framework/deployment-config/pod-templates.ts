import { isMap, type JsonMap } from '../../runtime/client/json.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';

/** A container as far as it is decorated; everything else of it stays as written. */
export interface TemplateContainer extends JsonMap {
  name?: string;
  image?: string;
  env?: unknown[];
  volumeMounts?: unknown[];
}

/** The Pods of a workload. */
export interface PodTemplate {
  /** As resource requirements name the workload: `deployments`, for example. */
  resource: string;
  spec: JsonMap;
}

/** Where each kind keeps the spec of its Pods (A4). */
const places: Record<string, { group: string; resource: string; path: readonly string[] }> = {
  Deployment: { group: 'apps', resource: 'deployments', path: ['spec', 'template', 'spec'] },
  DaemonSet: { group: 'apps', resource: 'daemonsets', path: ['spec', 'template', 'spec'] },
  StatefulSet: { group: 'apps', resource: 'statefulsets', path: ['spec', 'template', 'spec'] },
  ReplicaSet: { group: 'apps', resource: 'replicasets', path: ['spec', 'template', 'spec'] },
  Job: { group: 'batch', resource: 'jobs', path: ['spec', 'template', 'spec'] },
  CronJob: {
    group: 'batch',
    resource: 'cronjobs',
    path: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  },
  Pod: { group: '', resource: 'pods', path: ['spec'] },
};

const at = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isMap(inner) ? inner[key] : undefined), value);

const replaced = (value: JsonMap, [key = '', ...rest]: readonly string[], by: unknown): JsonMap => ({
  ...value,
  [key]: rest.length === 0 ? by : replaced(value[key] as JsonMap, rest, by),
});

const placeOf = ({ apiVersion = '', kind = '' }: UnknownObject) => {
  const place = Object.hasOwn(places, kind) ? places[kind] : undefined;
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return place?.group === group ? place : undefined;
};

/** The manifest with the spec of its Pods changed; one that has no Pods as it is. */
export const withPods = (
  manifest: UnknownObject,
  change: (template: PodTemplate) => JsonMap,
): UnknownObject => {
  const place = placeOf(manifest);
  const spec = place && at(manifest, place.path);
  if (!place || !isMap(spec)) return manifest;
  return replaced(manifest, place.path, change({ resource: place.resource, spec })) as UnknownObject;
};

/** The spec of Pods with each container changed, init containers among them (A4). */
export const withContainers = (
  spec: JsonMap,
  change: (container: TemplateContainer) => TemplateContainer,
): JsonMap => {
  const changed = (list: unknown) =>
    Array.isArray(list)
      ? list.map((each: unknown) => (isMap(each) ? change(each as TemplateContainer) : each))
      : list;
  return {
    ...spec,
    ...('containers' in spec && { containers: changed(spec['containers']) }),
    ...('initContainers' in spec && { initContainers: changed(spec['initContainers']) }),
  };
};
