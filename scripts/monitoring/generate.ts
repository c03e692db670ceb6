/**
 * Writes what says how to watch over hubs and agents: docs/metrics.md from the definitions of metrics in the code, the
 * PrometheusRule from monitoring/rules.yaml, the ServiceMonitors of operands, and the dashboards from panels.ts. `--check`
 * changes nothing and fails when something is out of step.
 *
 *     node scripts/monitoring/generate.ts [--check]
 */
import { format } from 'prettier';
import { bringInStep, holds, type Stale } from '../in-step.ts';
import { dashboardOf } from './dashboard.ts';
import { metricsDocument } from './document.ts';
import { boards } from './panels.ts';
import { prometheusRule, readRules } from './rules.ts';
import { serviceMonitors } from './service-monitors.ts';

const generated = async (): Promise<Map<string, string>> => {
  const style = { singleQuote: true, printWidth: 110 };
  const files = new Map([
    ['docs/metrics.md', await metricsDocument()],
    [
      'monitoring/prometheus-rule.yaml',
      await format(prometheusRule(readRules()), { ...style, parser: 'yaml' }),
    ],
  ]);
  for (const [file, text] of Object.entries(serviceMonitors()))
    files.set(`monitoring/service-monitors/${file}`, await format(text, { ...style, parser: 'yaml' }));
  for (const board of boards)
    files.set(
      `monitoring/dashboards/${board.name}.json`,
      await format(JSON.stringify(dashboardOf(board)), { ...style, parser: 'json' }),
    );
  return files;
};

const stale = async (): Promise<Stale> =>
  new Map([...(await generated())].filter(([file, text]) => !holds(file, text)));

if (import.meta.main)
  process.exitCode = bringInStep(await stale(), process.argv.slice(2), 'is out of step with its source');
