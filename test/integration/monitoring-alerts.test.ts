import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { boards } from '../../scripts/monitoring/panels.ts';
import { alertsOf, readRules, rulesFile } from '../../scripts/monitoring/rules.ts';
import { run } from '../cluster/command.ts';
import { ensurePrometheus } from '../cluster/prometheus.ts';
import { cases } from './monitoring/alert-cases.ts';

let folder: string;

beforeAll(async () => {
  await ensurePrometheus();
  folder = await mkdtemp(join(tmpdir(), 'alerts-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

test('promtool takes the rules', async () => {
  const { stdout } = await run('promtool', ['check', 'rules', '--lint-fatal', rulesFile]);
  expect(stdout).toContain(`SUCCESS: ${alertsOf(readRules()).length} rules found`);
});

test('promtool can read the query of every panel', async () => {
  const queries = boards
    .flatMap(({ rows }) => rows)
    .flatMap(({ panels }) => panels)
    .flatMap((panel) => panel.queries);
  const rules = queries.map(({ expr }, at) => ({
    record: `panel:${at}`,
    expr: expr.replaceAll('$__rate_interval', '1m'),
  }));
  const file = join(folder, 'panels.yaml');
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  const { stdout } = await run('promtool', ['check', 'rules', file]);
  expect(stdout).toContain(`SUCCESS: ${queries.length} rules found`);
});

test('there is a case for each alert', () => {
  expect(Object.keys(cases).toSorted()).toEqual(
    alertsOf(readRules())
      .map(({ alert }) => alert)
      .toSorted(),
  );
});

test.each(Object.entries(cases))(
  '%s fires when it should, and not before',
  async (alert, { quiet, loud, at }) => {
    const file = join(folder, `${alert}.yaml`);
    const firing = `count(ALERTS{alertname="${alert}", alertstate="firing"})`;
    const scenario = (series: Record<string, string>, fires: boolean) => ({
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        { expr: firing, eval_time: at, exp_samples: fires ? [{ labels: '{}', value: 1 }] : [] },
        // A moment's trouble is none, but for what is counted over a while anyway.
        ...(fires && readRule(alert).for !== '0m'
          ? [{ expr: firing, eval_time: '0m', exp_samples: [] }]
          : []),
      ],
    });
    await writeFile(
      file,
      JSON.stringify({
        rule_files: [rulesFile],
        evaluation_interval: '1m',
        tests: [scenario(quiet, false), scenario(loud, true)],
      }),
    );
    await expect(run('promtool', ['test', 'rules', file])).resolves.toMatchObject({
      stdout: expect.stringContaining('SUCCESS'),
    });
  },
);

const readRule = (name: string) => alertsOf(readRules()).find(({ alert }) => alert === name)!;
