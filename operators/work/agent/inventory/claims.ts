import { isMap } from '../../../runtime/client/json.ts';
import type {
  AppliedManifestWork,
  AppliedResource,
  DeleteOption,
  ManifestConfig,
  ManifestWork,
} from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { optionsFor } from '../manifest/options.ts';
import { isOwned } from '../manifest/ownership.ts';
import { entryKey } from './inventory.ts';

/** Somebody beside the one who lets go of an object wants it to be there. */
export interface Claim {
  /** The ManifestWork; absent where another hub's AppliedManifestWork speaks for it. */
  work?: string;
  /** Whether the object goes when that work goes. */
  owns: boolean;
}

/** A manifest's object, and the work around it. */
interface Naming {
  kind: string;
  namespace: string;
  work: string;
  deleteOption?: DeleteOption;
  configs?: readonly ManifestConfig[];
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

const nameKey = (group: string, name: string): string => JSON.stringify([group, name]);

/**
 * Which objects works name, in whatever version of their group, whether the manifest can be applied or not. A work that is
 * being deleted names nothing any more. A manifest that is only read wants nothing to be there.
 */
export class Claims {
  readonly #namings = new Map<string, Naming[]>();
  readonly #recorded: ReadonlySet<string>;

  /** `others` are AppliedManifestWorks of other hubs, which speak for works that cannot be read here. */
  constructor(works: readonly ManifestWork[], others: readonly AppliedManifestWork[] = []) {
    for (const work of works) if (!work.metadata.deletionTimestamp) this.#add(work);
    this.#recorded = new Set(
      others.flatMap(({ metadata, status }) =>
        metadata.deletionTimestamp || status?.evictionStartTime
          ? []
          : (status?.appliedResources ?? []).map(entryKey),
      ),
    );
  }

  #add({ metadata, spec }: ManifestWork): void {
    for (const manifest of spec?.workload?.manifests ?? []) {
      if (!isMap(manifest) || !isMap(manifest.metadata)) continue;
      const key = nameKey(groupOf(textOf(manifest.apiVersion)), textOf(manifest.metadata.name));
      const naming: Naming = {
        kind: textOf(manifest.kind),
        namespace: textOf(manifest.metadata.namespace),
        work: metadata.name,
        deleteOption: spec?.deleteOption,
        configs: spec?.manifestConfigs,
      };
      const known = this.#namings.get(key);
      if (known) known.push(naming);
      else this.#namings.set(key, [naming]);
    }
  }

  /** Who wants the object that was recorded as this entry. The live object says of which kind it is. */
  on(entry: AppliedResource, { kind }: Pick<UnknownObject, 'kind'>): Claim[] {
    const { group = '', name, namespace = '' } = entry;
    const claims: Claim[] = [];
    for (const naming of this.#namings.get(nameKey(group, name)) ?? []) {
      if (kind !== undefined && naming.kind !== kind) continue;
      if (namespace && naming.namespace !== namespace) continue;
      const meta = { ordinal: 0, group, resource: entry.resource, namespace, name };
      if (optionsFor(naming.configs, meta).updateStrategy?.type === 'ReadOnly') continue;
      claims.push({ work: naming.work, owns: isOwned(naming.deleteOption, meta) });
    }
    if (this.#recorded.has(entryKey(entry))) claims.push({ owns: false });
    return claims;
  }
}
