import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { groups, processes } from './catalog.ts';
import { dashboardOf } from './dashboard.ts';
import { metricNames, samplesOf } from './metric-names.ts';
import { boards } from './panels.ts';
import { alertsOf, readRules } from './rules.ts';

const alerts = alertsOf(readRules());
const runbooks = readFileSync(join(import.meta.dirname, '../../docs/operations.md'), 'utf8');
const definitions = groups.flatMap(({ metrics }) => metrics);
/** What Prometheus itself says of each target. */
const ofPrometheus = 'up';
const known = new Set([ofPrometheus, ...definitions.flatMap(samplesOf)]);
const labelsOf = new Map(
  definitions.flatMap((metric) =>
    samplesOf(metric).map((name): [string, Set<string>] => [
      name,
      new Set([...metric.labels, 'job', 'instance', 'le']),
    ]),
  ),
);

/** The labels that a query selects by, by metric. */
const matchersOf = (expr: string): [metric: string, label: string][] =>
  [...expr.matchAll(/([a-z_:]+)\{([^}]*)\}/g)].flatMap(([, metric = '', text = '']) =>
    [...text.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']): [string, string] => [metric, label]),
  );

describe('metrics', () => {
  test('a name is defined once, and each group is served by some process', () => {
    const names = definitions.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
    const served = new Set(processes.flatMap((process) => process.groups));
    expect(groups.filter((group) => !served.has(group))).toEqual([]);
  });

  test.each(definitions)('$name is named as Prometheus asks', ({ name, type, help }) => {
    expect(name.endsWith('_total')).toBe(type === 'counter');
    expect(help).not.toBe('');
  });
});

describe.each(alerts)('$alert', ({ alert, expr, labels, annotations }) => {
  test('has a runbook', () => {
    const anchor = alert.toLowerCase();
    expect(annotations.runbook_url).toBe(`docs/operations.md#${anchor}`);
    expect(runbooks).toMatch(new RegExp(`^### ${alert}$`, 'm'));
  });

  test('asks for metrics and labels that there are', () => {
    const names = metricNames(expr);
    expect(names).not.toEqual([]);
    expect(names.filter((name) => !known.has(name))).toEqual([]);
    const strange = matchersOf(expr).filter(
      ([metric, label]) => metric !== ofPrometheus && !labelsOf.get(metric)?.has(label),
    );
    expect(strange).toEqual([]);
  });

  test('has a severity and a summary', () => {
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(annotations.summary).toMatch(/\.$/);
  });
});

test('no runbook is left of an alert that is gone', () => {
  const titles = [...runbooks.matchAll(/^### (OCM\w+)$/gm)].map(([, title]) => title);
  expect(titles).toEqual(alerts.map(({ alert }) => alert));
});

interface Dashboard {
  editable: boolean;
  templating: {
    list: { name: string; label: string; multi?: boolean; allValue?: string; refresh: number }[];
  };
  panels: {
    type: string;
    title: string;
    description?: string;
    datasource?: { uid: string };
    fieldConfig?: { defaults: { unit: string } };
    targets?: { expr: string; datasource: { uid: string } }[];
  }[];
}

/** What Grafana's dashboard linter asks for, rule by rule. */
describe.each(boards)('dashboard $name', (board) => {
  const { editable, templating, panels } = dashboardOf(board) as Dashboard;
  const graphs = panels.filter(({ type }) => type !== 'row');
  const targets = graphs.flatMap((panel) => panel.targets ?? []);

  test('template-datasource-rule, template-job-rule, template-instance-rule', () => {
    expect(templating.list.map(({ name, label }) => [name, label])).toEqual([
      ['datasource', 'Data source'],
      ['job', 'job'],
      ['instance', 'instance'],
    ]);
    for (const { multi, allValue } of templating.list.slice(1)) {
      expect({ multi, allValue }).toEqual({ multi: true, allValue: '.+' });
    }
  });

  test('template-on-time-change-reload-rule, uneditable-dashboard', () => {
    expect(templating.list.slice(1).map(({ refresh }) => refresh)).toEqual([2, 2]);
    expect(editable).toBe(false);
  });

  test('panel-datasource-rule, panel-title-description-rule, panel-units-rule, panel-no-targets-rule', () => {
    for (const { title, description, datasource, fieldConfig, targets: own } of graphs) {
      expect(title).not.toBe('');
      expect(description).toMatch(/\.$/);
      expect(datasource?.uid).toBe('${datasource}');
      expect(fieldConfig?.defaults.unit).not.toBe('');
      expect(own?.length).toBeGreaterThan(0);
    }
  });

  test('target-job-rule, target-instance-rule: every selector goes by what is chosen', () => {
    for (const { expr } of targets)
      for (const [, matchers] of expr.matchAll(/\{([^}]*)\}/g))
        expect(matchers).toMatch(/^job=~"\$job", instance=~"\$instance"/);
  });

  test('target-rate-interval-rule, target-counter-agg-rule', () => {
    for (const { expr } of targets) {
      for (const [, range] of expr.matchAll(/\[([^\]]*)\]/g)) expect(range).toBe('$__rate_interval');
      for (const [, counter, after] of expr.matchAll(/(\w+_(?:total|bucket))\{[^}]*\}(.)?/g))
        expect([counter, after]).toEqual([counter, '[']);
    }
  });

  test('asks for metrics that there are', () => {
    for (const { expr } of targets) {
      const names = metricNames(expr);
      expect(names).not.toEqual([]);
      expect(names.filter((name) => !known.has(name))).toEqual([]);
    }
  });
});
