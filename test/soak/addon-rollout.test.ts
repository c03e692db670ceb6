import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addOnTemplates, clusterManagementAddOns } from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { type ManifestWork, manifestWorks } from '../../operators/api/generated/work.ts';
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import { namespaces } from '../../operators/runtime/client/kubernetes.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { inTurns } from '../bench/placement/hub.ts';
import { waitFor } from '../cluster/index.ts';
import { AddonRig } from '../integration/addon/rig.ts';
import { settings, templateConfig, templateOf } from '../integration/addon/template.ts';

/** An add-on in a fleet of a thousand clusters, rolled out group by group (addon.md 6). */

const groupSize = 100;
const groups = Array.from({ length: 10 }, (_, group) =>
  Array.from({ length: groupSize }, (_, at) => `g${group}-${String(at).padStart(2, '0')}`),
);
const clusters = groups.flat();
const groupOf = (cluster: string): number => Number(cluster.slice(1, cluster.indexOf('-')));

const name = 'rolled';
const maxFailures = 3;
const versions = { first: 'first', second: 'second' } as const;

let rig: AddonRig;
let fleet: Fleet;

/**
 * The work agents of all clusters: what comes is reported as applied, but where a cluster is broken. They know which version
 * came to which cluster, and in what order that was.
 */
class Fleet {
  readonly broken = new Set<string>();
  /** Clusters that got a version, in their order, and how many clusters of its group were done with it at that moment. */
  readonly arrivals: { cluster: string; version: string; doneBefore: number[] }[] = [];
  readonly #done = new Map<string, Set<string>>();
  readonly #seen = new Map<string, string>();
  readonly #works;
  readonly #stop = new AbortController();
  readonly #reports = new Set<Promise<unknown>>();
  readonly failures: unknown[] = [];

  constructor() {
    const informers = createInformers(rig.client, { logger: createLogger({ v: 0 }) });
    this.#works = informers.informer(manifestWorks);
    this.#works.onChange(({ type, object }) => {
      if (type !== 'deleted' && object.metadata.name === `addon-${name}-deploy-0`) this.#take(object);
    });
    informers.start(this.#stop.signal);
  }

  #take(work: ManifestWork): void {
    const [manifest] = work.spec?.workload?.manifests ?? [];
    const version = String((manifest as { data?: { text?: string } } | undefined)?.data?.text);
    const cluster = work.metadata.namespace!;
    if (this.#seen.get(cluster) !== version) {
      this.#seen.set(cluster, version);
      const done = this.#done.get(version) ?? new Set();
      const doneBefore = groups.map((group) => group.filter((each) => done.has(each)).length);
      this.arrivals.push({ cluster, version, doneBefore });
    }
    const applied = work.status?.conditions?.find(({ type }) => type === 'Applied');
    const wanted = version === versions.second && this.broken.has(cluster) ? 'False' : 'True';
    if (applied?.status === wanted && applied.observedGeneration === work.metadata.generation) return;
    this.#report(cluster, version, wanted);
  }

  #report(cluster: string, version: string, status: 'True' | 'False'): void {
    const report = rig.agentReports(name, cluster, status).then(
      () => {
        if (status === 'True') this.#done.set(version, (this.#done.get(version) ?? new Set()).add(cluster));
      },
      (error: unknown) => this.failures.push(error),
    );
    this.#reports.add(report);
    void report.then(() => this.#reports.delete(report));
  }

  /** The broken clusters are mended, and say so. */
  mend(): void {
    const mended = [...this.broken];
    this.broken.clear();
    for (const cluster of mended) this.#report(cluster, versions.second, 'True');
  }

  has(version: string): string[] {
    return [...this.#seen].flatMap(([cluster, each]) => (each === version ? cluster : [])).toSorted();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await Promise.all(this.#reports);
  }
}

const done = (how: string, count = clusters.length, failed = 0) =>
  `selected clusters ${clusters.length}. configured addons ${count}/${clusters.length} ${how}, ${failed} failed 0 timeout.`;

beforeAll(async () => {
  rig = await AddonRig.start('rollout', { controllerManager: false, audit: false });
  await inTurns(clusters, async (cluster) => {
    await rig.client.create(namespaces, { metadata: { name: cluster } });
    await rig.client.create(managedClusters, {
      metadata: { name: cluster },
      spec: { hubAcceptsClient: true },
    });
  });
  for (const version of Object.values(versions))
    await rig.client.create(addOnTemplates, {
      metadata: { name: version },
      spec: templateOf(name, [settings(version)]),
    });
  fleet = new Fleet();
  await rig.startManager();
});
afterAll(async () => {
  await fleet?.stop();
  await rig?.stop();
});

describe('an add-on on a thousand clusters, group by group', () => {
  test('addon.md 19: its first version comes to all of them', async () => {
    await rig.place(name, groups);
    const rolloutStrategy = { type: 'ProgressivePerGroup' as const, progressivePerGroup: { maxFailures } };
    await rig.manageBy(name, [{ rolloutStrategy }], { defaultConfigs: [templateConfig(versions.first)] });
    await rig.progresses(name, done('completed with no errors'));
    expect(fleet.has(versions.first)).toEqual(clusters.toSorted());
  });

  test('addon.md 43, 51: an upgrade stops at the failure that is one too many, and no later group is touched', async () => {
    for (const cluster of groups[2]!.slice(0, maxFailures)) fleet.broken.add(cluster);
    for (const cluster of groups[4]!.slice(0, maxFailures + 1)) fleet.broken.add(cluster);
    await rig.client.patch(
      clusterManagementAddOns,
      { name },
      { type: 'merge', body: { spec: { defaultConfigs: [templateConfig(versions.second)] } } },
    );
    const reached = groups.slice(0, 5).flat();
    await rig.progresses(name, new RegExp(`configured addons ${reached.length}/1000 .*, 7 failed 0 timeout`));
    await waitFor('the groups up to the broken one', async () => {
      return JSON.stringify(fleet.has(versions.second)) === JSON.stringify(reached.toSorted());
    });
    // As many changes as come of some other add-on everywhere, and the later groups are as they were.
    await rig.place('other', groups);
    await rig.client.create(addOnTemplates, {
      metadata: { name: 'other' },
      spec: templateOf('other', [settings('x')]),
    });
    await rig.manageBy('other', [{}], { defaultConfigs: [templateConfig('other')] });
    await rig.isOn('other', ...clusters);
    expect(fleet.has(versions.second)).toEqual(reached.toSorted());
  });

  test('addon.md 43: it goes on once that is mended, and never came to a cluster out of its turn', async () => {
    fleet.mend();
    await rig.progresses(name, done('completed with no errors'));
    expect(fleet.has(versions.second)).toEqual(clusters.toSorted());
    expect(fleet.failures).toEqual([]);
    const outOfTurn = fleet.arrivals.filter(
      ({ cluster, version, doneBefore }) =>
        version === versions.second &&
        doneBefore.slice(0, groupOf(cluster)).some((count) => count < groupSize - maxFailures),
    );
    expect(outOfTurn).toEqual([]);
  });
});
