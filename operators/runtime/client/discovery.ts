import type { DiscoveredResource, ReadOptions } from './client.ts';
import { ApiError } from './errors.ts';
import type { Requester } from './request/requester.ts';

/** metav1.APIResource. */
interface ListedResource {
  name: string;
  singularName?: string;
  namespaced: boolean;
  kind: string;
  verbs?: string[];
  shortNames?: string[];
}

interface ResourceList {
  resources?: ListedResource[];
}

/** apidiscovery.k8s.io/v2 APIGroupDiscoveryList. */
interface AggregatedDiscovery {
  kind?: string;
  items?: {
    metadata?: { name?: string };
    versions?: {
      version: string;
      freshness?: string;
      resources?: {
        resource: string;
        responseKind?: { kind?: string };
        scope: string;
        singularResource?: string;
        verbs?: string[];
        shortNames?: string[];
        subresources?: { subresource: string }[];
      }[];
    }[];
  }[];
}

interface GroupVersion {
  group: string;
  version: string;
}

const aggregatedType = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`)
  .concat('application/json')
  .join(',');

const fromAggregated = (discovery: AggregatedDiscovery): DiscoveredResource[] =>
  (discovery.items ?? []).flatMap(({ metadata, versions = [] }) =>
    versions.flatMap(({ version, resources = [] }) =>
      resources.map((found) => ({
        group: metadata?.name ?? '',
        version,
        plural: found.resource,
        kind: found.responseKind?.kind ?? '',
        namespaced: found.scope === 'Namespaced',
        singular: found.singularResource || (found.responseKind?.kind ?? '').toLowerCase(),
        shortNames: found.shortNames ?? [],
        verbs: found.verbs ?? [],
        subresources: (found.subresources ?? []).map(({ subresource }) => subresource),
      })),
    ),
  );

const fromList = ({ group, version }: GroupVersion, { resources = [] }: ResourceList): DiscoveredResource[] =>
  resources
    .filter(({ name }) => !name.includes('/'))
    .map(({ name, kind, namespaced, singularName, shortNames, verbs }) => ({
      group,
      version,
      plural: name,
      kind,
      namespaced,
      singular: singularName || kind.toLowerCase(),
      shortNames: shortNames ?? [],
      verbs: verbs ?? [],
      subresources: resources
        .filter((sub) => sub.name.startsWith(`${name}/`))
        .map((sub) => sub.name.slice(name.length + 1)),
    }));

const pathOfVersion = ({ group, version }: GroupVersion): string =>
  group ? `/apis/${group}/${version}` : `/api/${version}`;

/** Milliseconds for which a kind that was not found is not looked for again. */
const missIntervalMs = 1_000;

/**
 * What the API server serves. A kind is looked up in its group and version alone, so that a controller that applies
 * a few kinds keeps no list of everything that the cluster knows.
 */
export class Discovery {
  readonly #requester: Requester;
  #all?: Promise<DiscoveredResource[]>;
  readonly #versions = new Map<string, { resources: Promise<DiscoveredResource[]>; askedAt: number }>();

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  invalidate(): void {
    this.#all = undefined;
    this.#versions.clear();
  }

  /** Everything, the core group first, each group's versions in the server's order of preference. */
  all(options: ReadOptions = {}): Promise<DiscoveredResource[]> {
    const all = (this.#all ??= this.#discover(options));
    all.catch(() => {
      if (this.#all === all) this.#all = undefined;
    });
    return all;
  }

  async find(
    apiVersion: string,
    kind: string,
    options: ReadOptions = {},
  ): Promise<DiscoveredResource | undefined> {
    const ofKind = (resources: DiscoveredResource[]) => resources.find((resource) => resource.kind === kind);
    const known = this.#versions.get(apiVersion);
    const found = known && ofKind(await known.resources.catch(() => []));
    if (found) return found;
    const latest = this.#versions.get(apiVersion);
    const isFresh = latest !== undefined && performance.now() - latest.askedAt < missIntervalMs;
    return ofKind(await (isFresh ? latest : this.#ask(apiVersion, options)).resources);
  }

  #ask(
    apiVersion: string,
    options: ReadOptions,
  ): { resources: Promise<DiscoveredResource[]>; askedAt: number } {
    const [group, version] = apiVersion.includes('/') ? apiVersion.split('/', 2) : ['', apiVersion];
    const resources = this.#list({ group: group ?? '', version: version ?? '' }, options);
    const asked = { resources, askedAt: performance.now() };
    this.#versions.set(apiVersion, asked);
    resources.catch(() => {
      if (this.#versions.get(apiVersion) === asked) this.#versions.delete(apiVersion);
    });
    return asked;
  }

  /** The resources of one group and version; none when the server does not know it. */
  async #list(groupVersion: GroupVersion, options: ReadOptions): Promise<DiscoveredResource[]> {
    try {
      const path = pathOfVersion(groupVersion);
      return fromList(
        groupVersion,
        await this.#requester.json<ResourceList>({ method: 'GET', path, ...options }),
      );
    } catch (error) {
      if (error instanceof ApiError && error.code === 404) return [];
      throw error;
    }
  }

  async #discover(options: ReadOptions): Promise<DiscoveredResource[]> {
    const ask = <R>(path: string) =>
      this.#requester.json<R>({ method: 'GET', path, accept: aggregatedType, ...options });
    const [core, groups] = await Promise.all([
      ask<AggregatedDiscovery & { versions?: string[] }>('/api'),
      ask<AggregatedDiscovery & { groups?: ListedGroup[] }>('/apis'),
    ]);
    const versions: GroupVersion[] = [];
    const found: DiscoveredResource[] = [];
    if (core.versions) versions.push(...core.versions.map((version) => ({ group: '', version })));
    else found.push(...fromAggregated(core));
    if (groups.groups) versions.push(...groups.groups.flatMap(versionsOf));
    else found.push(...fromAggregated(groups));
    const listed = await Promise.all(versions.map((version) => this.#listIfServed(version, options)));
    return [...found, ...listed.flat()];
  }

  /** An aggregated API whose server is down is left out, as in aggregated discovery. */
  async #listIfServed(version: GroupVersion, options: ReadOptions): Promise<DiscoveredResource[]> {
    try {
      return await this.#list(version, options);
    } catch (error) {
      if (error instanceof ApiError && error.code >= 500) return [];
      throw error;
    }
  }
}

interface ListedGroup {
  name: string;
  versions: { version: string }[];
  preferredVersion?: { version: string };
}

const versionsOf = ({ name, versions, preferredVersion }: ListedGroup): GroupVersion[] => {
  const preferred = versions.filter(({ version }) => version === preferredVersion?.version);
  const others = versions.filter(({ version }) => version !== preferredVersion?.version);
  return [...preferred, ...others].map(({ version }) => ({ group: name, version }));
};
