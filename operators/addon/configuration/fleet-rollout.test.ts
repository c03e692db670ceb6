import { describe, expect, test } from '@jest/globals';
import type { ClusterManagementAddOn, ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { RolloutStrategy } from '../../api/generated/work.ts';
import { annotation } from '../../api/names.ts';
import { storedReferences } from '../../addon-framework/configuration/references.ts';
import { workHashes } from '../../addon-framework/configuration/work-hashes.ts';
import type { AddonWork } from '../../addon-framework/works/kept.ts';
import type { Condition } from '../../runtime/client/object.ts';
import { timestamp } from '../../runtime/controller/conditions.ts';
import { progressOf, statusAfterProgress } from '../progressing/progress.ts';
import { configNodes } from './desired.ts';
import { addonOn, managementAddon, now, reference, selectionWith } from './fixture.ts';
import { planNode } from './plan.ts';

/** A thousand clusters, as the controllers decide on them pass by pass; what agents report is made up. */

const groups = Array.from({ length: 10 }, (_, group) =>
  Array.from({ length: 100 }, (_, at) => `cluster-${group}${String(at).padStart(2, '0')}`),
);
const all = groups.flat();

/** The work of an add-on as an agent reports it for the configuration that the add-on has now. */
const workOf = ({ metadata, status }: ManagedClusterAddOn, isApplied: boolean): AddonWork => ({
  metadata: {
    name: 'addon-a-deploy-0',
    namespace: metadata.namespace!,
    generation: 1,
    annotations: { [annotation.configSpecHash]: workHashes(storedReferences(status?.configReferences))! },
  },
  status: {
    conditions: ['Applied', 'Available'].map((type): Condition => ({
      type,
      status: isApplied ? 'True' : 'False',
      reason: 'Test',
      message: 'no such kind',
      observedGeneration: 1,
      lastTransitionTime: timestamp(now),
    })),
  },
});

class Fleet {
  readonly #selection;
  readonly #addons = new Map<string, ManagedClusterAddOn>();
  #managing: ClusterManagementAddOn;
  /** The clusters on which what is rolled out now cannot be applied. */
  broken = new Set<string>();

  constructor(rolloutStrategy: RolloutStrategy) {
    this.#selection = selectionWith({ rolloutStrategy }, groups);
    this.#managing = managementAddon([], [{ entry: { rolloutStrategy }, references: ['x'] }]);
    const applied = { type: 'ManifestApplied', status: 'True', reason: 'AddonManifestApplied', message: '' };
    for (const cluster of all) {
      const addon = addonOn(cluster);
      const conditions = [{ ...applied, lastTransitionTime: timestamp(now) } as Condition];
      this.#addons.set(cluster, { ...addon, status: { ...addon.status, conditions } });
    }
  }

  /** The configuration is edited: it has another hash. */
  edit(hash: string): void {
    const [progression] = this.#managing.status!.installProgressions!;
    const installProgressions = [{ ...progression!, configReferences: [reference('x', { hash })] }];
    this.#managing = { ...this.#managing, status: { ...this.#managing.status, installProgressions } };
  }

  /** One pass: whoever is in turn gets the configuration. Returns these clusters. */
  #configure(): string[] {
    const nodes = configNodes(this.#managing, [...this.#addons.values()], [this.#selection]);
    return nodes.flatMap((node) =>
      planNode(node, new Set(), now).changes.flatMap(({ addon, status }) => {
        const cluster = addon.metadata.namespace!;
        this.#addons.set(cluster, { ...addon, status });
        const before = JSON.stringify(addon.status?.configReferences);
        return JSON.stringify(status.configReferences) === before ? [] : [cluster];
      }),
    );
  }

  /** Every agent reports on what its cluster has. */
  #report(): void {
    for (const [cluster, addon] of this.#addons) {
      if (!addon.status?.configReferences) continue;
      const progress = progressOf(addon, [workOf(addon, !this.broken.has(cluster))]);
      this.#addons.set(cluster, { ...addon, status: statusAfterProgress(addon.status, progress, now) });
    }
  }

  /** Passes until one gives nothing to anybody: the clusters that each touched. */
  run(): string[][] {
    const passes: string[][] = [];
    for (;;) {
      const touched = this.#configure();
      if (touched.length === 0) return passes;
      passes.push(touched);
      this.#report();
    }
  }

  with(hash: string): string[] {
    return all.filter((cluster) => {
      const [only] = this.#addons.get(cluster)!.status?.configReferences ?? [];
      return only?.desiredConfig?.specHash === hash;
    });
  }
}

describe('addon.md 42, 43 (A18): a rollout to 1,000 clusters, group by group, with five failures allowed in each', () => {
  const strategy: RolloutStrategy = {
    type: 'ProgressivePerGroup',
    progressivePerGroup: { maxFailures: 5, progressDeadline: 'None' },
  };

  test('each group whole, one after the other, and no cluster twice', () => {
    expect(new Fleet(strategy).run()).toEqual(groups);
  });

  test('five failures of a group do not stop it; the sixth does, and no cluster out of turn is touched', () => {
    const fleet = new Fleet(strategy);
    fleet.run();
    fleet.broken = new Set([...groups[2]!.slice(0, 5), ...groups[5]!.slice(90, 96)]);
    fleet.edit('second');
    expect(fleet.run()).toEqual(groups.slice(0, 6));
    expect(fleet.run()).toEqual([]);
    expect(fleet.with('second')).toEqual(groups.slice(0, 6).flat());
  });

  test('after the fix it goes on, with those that failed and the others', () => {
    const fleet = new Fleet(strategy);
    fleet.broken = new Set(groups[5]!.slice(90, 96));
    expect(fleet.run()).toEqual(groups.slice(0, 6));
    fleet.broken = new Set();
    fleet.edit('fixed');
    // What is there has the old configuration, so it begins with the first group again.
    expect(fleet.run()).toEqual(groups);
    expect(fleet.with('fixed')).toEqual(all);
  });
});

describe('addon.md 41, 43 (A18): a rollout to 1,000 clusters, fifty at a time, with ten failures allowed', () => {
  const strategy: RolloutStrategy = {
    type: 'Progressive',
    progressive: { maxConcurrency: 50, maxFailures: 10, progressDeadline: 'None' },
  };

  test('never more than fifty at once, in order, and all in the end', () => {
    const passes = new Fleet(strategy).run();
    expect(passes.map(({ length }) => length)).toEqual(Array(20).fill(50));
    expect(passes.flat()).toEqual(all);
  });

  test('ten failures hold their places, the eleventh ends it; on its mend the others follow', () => {
    const fleet = new Fleet(strategy);
    fleet.broken = new Set(all.slice(100, 110));
    expect(fleet.run().flat()).toEqual(all);
    const worse = new Fleet(strategy);
    worse.broken = new Set(all.slice(100, 111));
    expect(worse.run().flat()).toEqual(all.slice(0, 150));
    worse.broken = new Set();
    worse.edit('fixed');
    expect(worse.run().flat().toSorted()).toEqual(all);
    expect(worse.with('fixed')).toEqual(all);
  });
});
