import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { label } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { type ConfigMap, configMaps } from '../../runtime/client/kubernetes.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';
import { labelValue } from '../../runtime/client/legal-name.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { ensureAbsent } from '../../runtime/controller/ensure.ts';
import { hookWorkName } from '../works/names.ts';

/**
 * The hooks that an add-on had when it was last rendered, in a ConfigMap beside it. Whoever removes an add-on often removes
 * its template with it, or has just changed it: what it was deployed with must still be able to clean up (A17).
 */

const dataKey = 'manifests.json';

type AddonName = Pick<ManagedClusterAddOn['metadata'], 'name' | 'namespace'>;

const nameOf = ({ name, namespace = '' }: AddonName): string =>
  hookWorkName({ addon: name, cluster: namespace, isHosting: false });

/** The hooks that are recorded; undefined when there is no record, or none that can be read. */
export const recordedHooks = (
  records: Informer<ConfigMap>,
  addon: AddonName,
): UnknownObject[] | undefined => {
  const text = records.get(nameOf(addon), addon.namespace)?.data?.[dataKey];
  if (text === undefined) return undefined;
  let found: unknown;
  try {
    found = parseJson(text);
  } catch {
    return undefined; // somebody edited it; the add-on is rendered instead
  }
  return Array.isArray(found) && found.every((each) => isMap(each) && isMap(each['metadata']))
    ? (found as UnknownObject[])
    : undefined;
};

/**
 * Records the hooks of an add-on; costs no request while they are the same. The add-on does not own the record: it is removed
 * when there are no hooks any more, or when they have run.
 */
export const recordHooks = async (
  records: Informer<ConfigMap>,
  addon: AddonName,
  hooks: readonly UnknownObject[],
  signal: AbortSignal,
): Promise<void> => {
  const { namespace } = addon;
  const name = nameOf(addon);
  if (hooks.length === 0) return ensureAbsent(records, name, namespace, signal);
  const data = { [dataKey]: JSON.stringify(hooks) };
  if (records.get(name, namespace)?.data?.[dataKey] === data[dataKey]) return;
  const labels = { [label.addonName]: labelValue(addon.name), [label.addonTemplateName]: '' };
  const record = { metadata: { name, namespace, labels }, data };
  const options = { fieldManager: 'addon-manager', signal };
  records.wrote(await records.client.apply(configMaps, record, options));
};
