import type { ManifestWork } from '../../operators/api/index.ts';
import { conditionValue } from './conditions.ts';

const words: Record<string, string> = { true: 'applied', false: 'not-applied' };

/** Of each object of some works, by resource and name, whether it is applied (cli.md 10.4). */
export const resourceStates = (works: readonly ManifestWork[]): Record<string, Record<string, string>> => {
  const resources: Record<string, Record<string, string>> = {};
  for (const { resourceMeta, conditions } of works.flatMap(
    ({ status }) => status?.resourceStatus?.manifests ?? [],
  )) {
    const { resource = '', namespace, name = '' } = resourceMeta ?? {};
    const state = words[conditionValue(conditions, 'Applied')] ?? 'unknown';
    resources[resource] = { ...resources[resource], [namespace ? `${namespace}/${name}` : name]: state };
  }
  return resources;
};
