import { readFileSync } from 'node:fs';
import { imageRegistry, upstreamRegistry } from '../operators/api/image-registry.ts';

/** The image tags that belong together, by the key of `--bundle-version` (cli.md 2). */
interface Tags {
  ocm: string;
  policy_addon: string;
}

/** A version, and the registry where those who release it publish its images. */
export interface VersionBundle extends Tags {
  registry: string;
}

export const DEFAULT_BUNDLE = '0.4.0';

/** Releases of this project. */
const OWN: Record<string, Tags> = {
  latest: { ocm: 'latest', policy_addon: 'latest' },
  '0.1.0': { ocm: 'v0.1.0', policy_addon: 'v0.18.0' },
  '0.2.0': { ocm: 'v0.2.0', policy_addon: 'v0.18.0' },
  '0.3.0': { ocm: 'v0.3.0', policy_addon: 'v0.18.0' },
  '0.4.0': { ocm: 'v0.4.0', policy_addon: 'v0.18.0' },
};

/** Releases of the upstream project, which bundles serve too. */
const UPSTREAM: Record<string, Tags> = {
  '1.1.0': { ocm: 'v1.1.0', policy_addon: 'v0.16.0' },
  '1.1.1': { ocm: 'v1.1.1', policy_addon: 'v0.17.0' },
  '1.1.3': { ocm: 'v1.1.3', policy_addon: 'v0.17.0' },
  '1.2.0': { ocm: 'v1.2.0', policy_addon: 'v0.18.0' },
  '1.2.1': { ocm: 'v1.2.1', policy_addon: 'v0.18.0' },
  '1.3.0': { ocm: 'v1.3.0', policy_addon: 'v0.18.0' },
  '1.3.1': { ocm: 'v1.3.1', policy_addon: 'v0.18.0' },
};

const published = (bundles: Record<string, Tags>, registry: string): [string, VersionBundle][] =>
  Object.entries(bundles).map(([key, tags]) => [key, { ...tags, registry }]);

const BUNDLES: ReadonlyMap<string, VersionBundle> = new Map([
  ...published(OWN, imageRegistry),
  ...published(UPSTREAM, upstreamRegistry),
]);

/** Resolves `--bundle-version` and `--bundle-version-overrides`; throws for an unknown key or an unreadable file. */
export const versionBundle = (requested: string, overridesFile: string): VersionBundle => {
  const key = requested.replace(/^v/, '');
  const known = BUNDLES.get(key === 'default' ? DEFAULT_BUNDLE : key);
  if (!known) throw new Error(`couldn't find the requested version bundle: ${key}`);
  return overridesFile ? { ...known, ...readOverrides(overridesFile) } : { ...known };
};

const readOverrides = (file: string): Partial<Tags> => {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new Error(`failed to read version bundle file: ${(error as Error).message}`, { cause: error });
  }
  let parsed: Record<string, unknown>;
  try {
    parsed = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    throw new Error(`failed to unmarshal version bundle: ${(error as Error).message}`, { cause: error });
  }
  if (parsed === null || typeof parsed !== 'object' || Array.isArray(parsed)) {
    throw new Error(`failed to unmarshal version bundle: ${file} must hold a JSON object`);
  }
  const chosen: Partial<Tags> = {};
  for (const name of ['ocm', 'policy_addon'] as const) {
    const tag = parsed[name];
    if (tag === undefined) continue;
    if (typeof tag !== 'string')
      throw new Error(`failed to unmarshal version bundle: ${name} must be a string`);
    chosen[name] = tag;
  }
  return chosen;
};
