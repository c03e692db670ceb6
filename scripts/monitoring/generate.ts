/**
 * Writes what says how to watch over hubs and agents: docs/metrics.md from the definitions of metrics in the code, the
 * PrometheusRule from monitoring/rules.yaml, the ServiceMonitors of operands, and the dashboards from panels.ts. `--check` changes nothing and fails when
 * something is out of step.
 *
 *     node scripts/monitoring/generate.ts [--check]
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format } from 'prettier';
import { dashboardOf } from './dashboard.ts';
import { metricsDocument } from './document.ts';
import { boards } from './panels.ts';
import { prometheusRule, readRules } from './rules.ts';
import { serviceMonitors } from './service-monitors.ts';

const root = join(import.meta.dirname, '../..');

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

const main = async (args: string[]): Promise<number> => {
  const stale = [...(await generated())].filter(
    ([file, text]) => !existsSync(join(root, file)) || readFileSync(join(root, file), 'utf8') !== text,
  );
  if (args.includes('--check')) {
    for (const [file] of stale) console.error(`${file} is out of step with its source: npm run generate`);
    return stale.length > 0 ? 1 : 0;
  }
  for (const [file, text] of stale) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  return 0;
};

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
