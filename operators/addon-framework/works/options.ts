import type { DeleteOption, FeedbackRule, JsonPath, ManifestConfig } from '../../api/generated/work.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { isOrphaned } from './manifests.ts';

/** The plural that a kind has by the rules of English, which is how add-ons' works name objects that nobody can look up. */
const guessedPlural = (kind: string): string => {
  const name = kind.toLowerCase();
  if (name.endsWith('endpoints')) return name;
  if (name.endsWith('s')) return `${name}es`;
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`;
};

/** What becomes of objects when their work goes: those stay whose manifests ask for it (addon.md 7.2). */
export const deleteOptionFor = (manifests: readonly UnknownObject[]): DeleteOption | undefined => {
  const orphaningRules = manifests.filter(isOrphaned).map(({ apiVersion = '', kind = '', metadata }) => {
    const slash = apiVersion.indexOf('/');
    return {
      group: slash < 0 ? '' : apiVersion.slice(0, slash),
      resource: guessedPlural(kind),
      name: metadata.name,
      namespace: metadata.namespace ?? '',
    };
  });
  return orphaningRules.length === 0
    ? undefined
    : { propagationPolicy: 'SelectivelyOrphan', selectivelyOrphans: { orphaningRules } };
};

const keyOf = ({
  resourceIdentifier: { group = '', resource, namespace = '', name },
}: ManifestConfig): string => JSON.stringify([group, resource, namespace, name]);

const mergedRules = (rules: readonly FeedbackRule[]): FeedbackRule[] => {
  const paths = new Map<string, JsonPath>();
  for (const { jsonPaths = [] } of rules)
    for (const path of jsonPaths) if (!paths.has(path.name)) paths.set(path.name, path);
  return [
    ...(rules.some(({ type }) => type === 'WellKnownStatus') ? [{ type: 'WellKnownStatus' as const }] : []),
    ...(paths.size > 0 ? [{ type: 'JSONPaths' as const, jsonPaths: [...paths.values()] }] : []),
  ];
};

/**
 * What the work agent is asked for each object, by who finds out its health and by the add-on: of one object all that either
 * wants reported, each name once, and everything else as the add-on has it (addon.md 7.2).
 */
export const mergedConfigs = (
  ofHealth: readonly ManifestConfig[],
  ofAddon: readonly ManifestConfig[],
): ManifestConfig[] => {
  const merged = new Map<string, ManifestConfig>();
  for (const config of [...ofHealth, ...ofAddon]) {
    const before = merged.get(keyOf(config));
    const feedbackRules = mergedRules([...(before?.feedbackRules ?? []), ...(config.feedbackRules ?? [])]);
    merged.set(keyOf(config), {
      ...before,
      ...config,
      ...(feedbackRules.length > 0 && { feedbackRules }),
    });
  }
  return [...merged.values()];
};
