import { expect, test } from '@jest/globals';
import type { Condition } from '../../runtime/client/object.ts';
import { createMetrics } from '../../runtime/process/metrics.ts';
import { decide } from '../scheduling/decide.ts';
import { filterClusters } from '../scheduling/filters/pipeline.ts';
import { clusters, now, placement, situation } from '../scheduling/fixture.ts';
import { countPlacements, passMetrics } from './metrics.ts';

/** The counts of histograms, by name and labels. */
const countsOf = (text: string): string[] =>
  text.split('\n').flatMap((line) => /^(\S+)_count(\{.*\} \d+)$/.exec(line)?.slice(1).join('') ?? []);

test('placement.md 110: a pass is observed once, each filter and prioritizer by its name', () => {
  const metrics = createMetrics();
  const pass = passMetrics(metrics);
  const spec = {
    predicates: [
      {
        requiredClusterSelector: { celSelector: { celExpressions: ['managedCluster.metadata.name != ""'] } },
      },
    ],
  };
  const circumstances = { scoresOf: () => undefined, now, observe: pass.observer };
  const candidates = clusters(3);
  const filtered = filterClusters(spec, candidates, { ...circumstances, decided: new Set() });
  decide(situation(spec, candidates, { ...circumstances, filtered }));
  pass.scheduled(2);
  pass.bound(30);

  const name = 'name="placement_scheduling"';
  const plugin = (type: string, plugin: string) =>
    `scheduling_plugin_duration_seconds{${name},plugin_name="${plugin}",plugin_type="${type}"} 1`;
  expect(countsOf(metrics.expose()).toSorted()).toEqual([
    `scheduling_bind_duration_seconds{${name}} 1`,
    `scheduling_cel_runtime_duration_seconds{${name}} 3`,
    plugin('prioritizer', 'Balance'),
    plugin('filter', 'Predicate'),
    plugin('prioritizer', 'Steady'),
    plugin('filter', 'TaintToleration'),
    `scheduling_scheduling_duration_seconds{${name}} 1`,
  ]);
  const bounds = [...metrics.expose().matchAll(/^scheduling_bind_.*le="(.*)"} (.)$/gm)].map(([, le, n]) => [
    le,
    n,
  ]);
  expect(bounds.slice(0, -1).map(([le]) => Number(le))).toEqual(
    Array.from({ length: 10 }, (_, power) => Number(`1e${power - 6}`)),
  );
  expect(bounds.filter(([, count]) => count === '0')).toHaveLength(5);
});

test('placements are counted by their conditions at each scrape', () => {
  const metrics = createMetrics();
  const condition = (type: string, status: Condition['status']): Condition => ({
    type,
    status,
    reason: 'R',
    message: '',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  const shown = (satisfied: Condition['status'], misconfigured: Condition['status']) => ({
    ...placement(),
    status: {
      conditions: [
        condition('PlacementSatisfied', satisfied),
        condition('PlacementMisconfigured', misconfigured),
      ],
    },
  });
  let all = [shown('True', 'False'), shown('True', 'False'), shown('False', 'True')];
  countPlacements(metrics, { list: () => all });
  const lines = () =>
    metrics
      .expose()
      .split('\n')
      .filter((line) => line.startsWith('ocm_placements'));
  expect(lines()).toEqual([
    'ocm_placements{misconfigured="False",satisfied="True"} 2',
    'ocm_placements{misconfigured="True",satisfied="False"} 1',
  ]);
  all = [];
  expect(lines()).toEqual(['ocm_placements{misconfigured="False",satisfied="True"} 0']);
});
