import { beforeEach, describe, expect, test } from '@jest/globals';
import type {
  AddOnPlacementScore,
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
  Placement,
  PlacementSpec,
} from '../../../api/generated/cluster.ts';
import { label } from '../../../api/names.ts';
import { cluster, foreign, now as start, score } from '../../scheduling/fixture.ts';
import { FedHub, nextVersion } from '../fixture.ts';
import { ScorePace } from './score-pace.ts';
import { watchesOf } from './watches.ts';

const versioned = <T extends { metadata: object }>(object: T): T => ({
  ...object,
  metadata: { uid: 'uid', ...object.metadata, resourceVersion: nextVersion() },
});
const placed = (namespace: string, name: string, spec: PlacementSpec = {}): Placement =>
  versioned({ metadata: { namespace, name }, spec });
const set = (name: string, spec: ManagedClusterSet['spec'] = {}): ManagedClusterSet =>
  versioned({ metadata: { name }, spec });
const binding = (namespace: string, clusterSet: string): ManagedClusterSetBinding =>
  versioned({ metadata: { namespace, name: clusterSet }, spec: { clusterSet } });
const member = (name: string, of: string | undefined, labels: Record<string, string> = {}): ManagedCluster =>
  versioned(cluster(name, { labels: { ...(of && { [label.clusterSet]: of }), ...labels } }));
const scored = (namespace: string, name: string, value = 1): AddOnPlacementScore =>
  versioned({ ...score({ demo: value }), metadata: { name, namespace } });
const byScore = (resourceName: string): PlacementSpec => ({
  prioritizerPolicy: {
    configurations: [{ scoreCoordinate: { type: 'AddOn', addOn: { resourceName, scoreName: 'demo' } } }],
  },
});
const byExpression = (...celExpressions: string[]): PlacementSpec => ({
  predicates: [{ requiredClusterSelector: { celSelector: { celExpressions } } }],
});

/** A hub whose watches run, and what they ask for. */
class Watched extends FedHub {
  now = start;
  #asked: string[] = [];
  readonly failures: unknown[] = [];

  /** Starts the watches; returns what is asked for at the start. */
  start(): string[] {
    const { caches, members, ledger } = this;
    const deps = { caches, members, ledger, pace: new ScorePace(), isEcho: () => false, now: () => this.now };
    for (const watch of watchesOf(deps))
      watch.start(
        (key, afterMs = 0) => this.#asked.push(afterMs > 0 ? `${key} in ${afterMs} ms` : key),
        (error) => this.failures.push(error),
      );
    this.begin();
    return this.asked();
  }

  /** What was asked for since the last time, in the order of names. */
  asked(): string[] {
    return this.#asked.splice(0).toSorted();
  }
}

let hub: Watched;
beforeEach(() => {
  hub = new Watched();
  hub.caches.sets.put(set('set1'), set('set2'));
  hub.caches.bindings.put(
    binding('a', 'set1'),
    binding('b', 'set1'),
    binding('b', 'set2'),
    binding('c', 'set2'),
  );
  hub.caches.placements.put(
    placed('a', 'all'),
    placed('a', 'named', { clusterSets: ['set1'] }),
    placed('a', 'other', { clusterSets: ['set2'] }),
    placed('b', 'all'),
    placed('c', 'all'),
  );
  hub.caches.clusters.put(member('c1', 'set1'), member('c2', 'set2'));
});

describe('at the start', () => {
  test('every placement comes by itself, once, whatever else is there', () => {
    hub.caches.scores.put(scored('c1', 'demo'));
    expect(hub.start()).toEqual(['a/all', 'a/named', 'a/other', 'b/all', 'c/all']);
  });

  test('what comes before all is known asks for nothing', () => {
    hub.start();
    hub.caches.bindings.synced = false;
    hub.caches.clusters.put(member('c3', 'set1'));
    expect(hub.asked()).toEqual([]);
  });
});

describe('clusters', () => {
  beforeEach(() => void hub.start());

  test('placement.md 111: one that joins a set, or changes in it, asks for the placements of all its namespaces', () => {
    hub.caches.clusters.put(member('c3', 'set1'));
    expect(hub.asked()).toEqual(['a/all', 'a/named', 'b/all']);
    hub.caches.placements.put(placed('b', 'zone', { spreadPolicy: { spreadConstraints: [zones] } }));
    hub.asked();
    hub.caches.clusters.put(member('c3', 'set1', { zone: 'x' }));
    expect(hub.asked()).toEqual(['b/zone']);
  });

  test('placement.md 112: one that moves asks for the placements of both sets', () => {
    hub.caches.clusters.put(member('c1', 'set2'));
    expect(hub.asked()).toEqual(['a/all', 'a/named', 'c/all']);
  });

  test('placement.md 113: one whose label goes asks for the placements of the old set', () => {
    hub.caches.clusters.put(member('c1', undefined));
    expect(hub.asked()).toEqual(['a/all', 'a/named', 'b/all']);
  });

  test('placement.md 114: an unrelated change asks once for those only that may read it', () => {
    hub.caches.placements.put(placed('b', 'reads', byExpression('managedCluster.metadata.name == "c1"')));
    hub.caches.placements.put(placed('c', 'reads', byExpression('managedCluster.metadata.name == "c1"')));
    hub.asked();
    const noise = { ...member('c1', 'set1'), status: { version: { kubernetes: 'v1.2.3' } } };
    hub.caches.clusters.put(noise);
    expect(hub.asked()).toEqual(['b/reads']);
    hub.caches.clusters.put(member('c1', 'set1', { unrelated: 'yes' }));
    expect(hub.asked()).toEqual(['b/reads']);
  });

  test('placement.md 115: one in no set asks for nothing', () => {
    hub.caches.clusters.put(member('c3', undefined));
    hub.caches.clusters.put(member('c3', 'unbound'));
    expect(hub.asked()).toEqual([]);
  });

  test('placement.md 116: one that is gone asks as one that is there; so do bindings and sets', () => {
    const { clusters, bindings, sets } = hub.caches;
    clusters.delete(clusters.get('c1')!);
    expect(hub.asked()).toEqual(['a/all', 'a/named', 'b/all']);
    bindings.delete(bindings.get('set1', 'a')!);
    expect(hub.asked()).toEqual(['a/all', 'a/named']);
    sets.delete(sets.get('set1')!);
    expect(hub.asked()).toEqual(['b/all']);
  });

  test('one that leaves asks for all whose decisions name it, bound or not', () => {
    hub.caches.decisions.put(foreign(['c1'], { [label.placement]: 'kept' }));
    hub.asked();
    hub.caches.clusters.put({
      ...member('c1', 'unbound'),
      metadata: { ...member('c1', 'unbound').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    });
    expect(hub.asked()).toEqual(['a/all', 'a/named', 'b/all', 'elsewhere/kept']);
  });

  test('P11: a set whose selector makes no sense holds up no other', () => {
    hub.caches.sets.put(set('broken', { clusterSelector: { selectorType: 'Nonsense' as never } }));
    hub.caches.bindings.put(binding('c', 'broken'));
    hub.asked();
    hub.caches.clusters.put(member('c3', 'set1'));
    expect([hub.asked(), hub.failures]).toEqual([['a/all', 'a/named', 'b/all'], []]);
  });
});

const zones = {
  topologyKey: 'zone',
  topologyKeyType: 'Label',
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
} as const;

describe('sets and bindings', () => {
  beforeEach(() => void hub.start());

  test('placement.md 117: a set asks for those that name it or none, in each namespace that is bound to it', () => {
    hub.caches.sets.put(
      set('set1', { clusterSelector: { selectorType: 'LabelSelector', labelSelector: {} } }),
    );
    expect(hub.asked()).toEqual(['a/all', 'a/named', 'b/all']);
    hub.caches.sets.put({ ...hub.caches.sets.get('set1')!, ...versioned({ metadata: { name: 'set1' } }) });
    expect(hub.asked()).toEqual([]);
  });

  test('placement.md 118: a binding asks for placements of its namespace only', () => {
    hub.caches.bindings.put(binding('a', 'set2'));
    expect(hub.asked()).toEqual(['a/all', 'a/other']);
    // What is told of it in its status decides nothing.
    hub.caches.bindings.put({ ...binding('a', 'set2'), status: { conditions: [] } });
    expect(hub.asked()).toEqual([]);
  });
});

describe('scores', () => {
  beforeEach(() => {
    hub.caches.placements.put(
      placed('a', 'demo', byScore('demo')),
      placed('a', 'more', byScore('more')),
      placed('c', 'demo', byScore('demo')),
      placed('a', 'reads', byExpression('managedCluster.scores("demo").exists(s, s.value > 1)')),
      placed('a', 'computes', byExpression('managedCluster.scores("de" + "mo").exists(s, s.value > 1)')),
    );
    hub.start();
  });

  test('placement.md 119, P7: one asks for those that refer to it, also in expressions, where its cluster may be chosen', () => {
    hub.caches.scores.put(scored('c1', 'demo'));
    expect(hub.asked()).toEqual(['a/computes', 'a/demo', 'a/reads']);
    hub.caches.scores.put(scored('c2', 'more'));
    expect(hub.asked()).toEqual([]);
    hub.caches.scores.put(scored('nobody', 'demo'));
    expect(hub.asked()).toEqual([]);
  });

  test('one that says the same asks for nothing; more than one a minute wait for the minute to end', () => {
    hub.caches.scores.put(scored('c1', 'more', 1));
    expect(hub.asked()).toEqual(['a/computes', 'a/more']);
    hub.caches.scores.put(scored('c1', 'more', 1));
    expect(hub.asked()).toEqual([]);
    hub.now += 20_000;
    hub.caches.scores.put(scored('c1', 'more', 2));
    expect(hub.asked()).toEqual(['a/computes in 40000 ms', 'a/more in 40000 ms']);
  });
});

describe('decisions', () => {
  beforeEach(() => void hub.start());

  test('placement.md 120: one that goes or changes asks for its placement', () => {
    const decision = versioned(foreign(['c1'], { [label.placement]: 'all' }));
    hub.caches.decisions.put(decision);
    expect(hub.asked()).toEqual(['elsewhere/all']);
    hub.caches.decisions.delete(decision);
    expect(hub.asked()).toEqual(['elsewhere/all']);
  });

  test('placement.md 120: one whose label changes asks for both placements', () => {
    hub.caches.decisions.put(versioned(foreign(['c1'], { [label.placement]: 'all' })));
    hub.asked();
    hub.caches.decisions.put(versioned(foreign(['c1'], { [label.placement]: 'more' })));
    expect(hub.asked()).toEqual(['elsewhere/all', 'elsewhere/more']);
  });

  test('placement.md 121: one without a label asks for nothing', () => {
    hub.caches.decisions.put(foreign(['c1']), foreign(['c2'], { [label.placement]: '' }));
    expect(hub.asked()).toEqual([]);
  });
});
