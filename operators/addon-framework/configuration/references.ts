/** References from add-ons to the objects that configure them (addon.md 2 and 4.6). */
import type { DefaultConfig, DesiredConfig, SupportedConfig } from '../../api/generated/addon.ts';
import { noDefaultConfig } from '../../api/names.ts';

/** A kind of configuration. */
export interface ConfigResource {
  group: string;
  resource: string;
}

/** One configuration that shall be in use, with the hash of its content as far as it is known. */
export interface DesiredReference extends ConfigResource {
  namespace: string;
  name: string;
  /** Empty while nobody has said it. */
  specHash: string;
}

/** An entry of a status, of whichever kind. */
interface StoredReference {
  group?: string;
  resource: string;
  desiredConfig?: DesiredConfig;
}

export const resourceKey = ({ group = '', resource }: SupportedConfig): string => `${resource}.${group}`;

/** Tells configurations apart: neither groups nor names contain a slash. */
export const referenceKey = ({
  group,
  resource,
  namespace,
  name,
}: Omit<DesiredReference, 'specHash'>): string => `${resource}.${group}/${namespace}/${name}`;

/** The entry of a spec as a reference; undefined where it stands for none. */
export const referenceOf = ({
  group = '',
  resource,
  namespace = '',
  name,
}: DefaultConfig): DesiredReference | undefined =>
  name === '' || name === noDefaultConfig ? undefined : { group, resource, namespace, name, specHash: '' };

/** The entries of a spec as references, each once and in their order. */
export const referencesOf = (configs: readonly DefaultConfig[] = []): DesiredReference[] =>
  distinct(configs.flatMap((config) => referenceOf(config) ?? []));

/** The entry of a status as a reference; undefined where it does not say what is desired (A14). */
export const storedReference = ({
  group = '',
  resource,
  desiredConfig,
}: StoredReference): DesiredReference | undefined =>
  desiredConfig && {
    group,
    resource,
    namespace: desiredConfig.namespace ?? '',
    name: desiredConfig.name,
    specHash: desiredConfig.specHash ?? '',
  };

export const storedReferences = (entries: readonly StoredReference[] = []): DesiredReference[] =>
  entries.flatMap((entry) => storedReference(entry) ?? []);

/** What a status says is desired. */
export const desiredConfigOf = ({ namespace, name, specHash }: DesiredReference): DesiredConfig => ({
  name,
  ...(namespace && { namespace }),
  ...(specHash && { specHash }),
});

/** Each reference once, the first of those that are alike. */
export const distinct = (references: readonly DesiredReference[]): DesiredReference[] => {
  const seen = new Set<string>();
  return references.filter((each) => {
    const key = referenceKey(each);
    return !seen.has(key) && seen.add(key);
  });
};

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** By group and resource; within one of these as they were (A9, since-1.3.1 10). */
export const inOrder = <T extends ConfigResource>(references: readonly T[]): T[] =>
  references.toSorted((a, b) => compare(a.group, b.group) || compare(a.resource, b.resource));

/** References in which those of `overrides` replace all others of the same kind of configuration. */
export const overridden = (
  references: readonly DesiredReference[],
  overrides: readonly DesiredReference[],
): DesiredReference[] => {
  const replaced = new Set(overrides.map(resourceKey));
  return inOrder([...references.filter((each) => !replaced.has(resourceKey(each))), ...overrides]);
};

/** References with the hashes that others of the same identity have. */
export const withHashes = (
  references: readonly DesiredReference[],
  known: readonly DesiredReference[],
): DesiredReference[] => {
  const hashes = new Map(known.map((each) => [referenceKey(each), each.specHash]));
  return references.map((each) => ({
    ...each,
    specHash: each.specHash || (hashes.get(referenceKey(each)) ?? ''),
  }));
};
