import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rulesFile } from '../../../scripts/monitoring/rules.ts';
import { waitFor } from '../../cluster/index.ts';
import { freePorts } from '../../cluster/ports.ts';
import { type Daemon, logTail, type Workspace } from '../../cluster/processes.ts';

/** A process to scrape: over HTTPS with a token where there is one, else over plain HTTP, as webhooks serve. */
export interface Target {
  job: string;
  port: number;
  token?: string;
}

export interface Sample {
  metric: Record<string, string>;
}

export interface Prometheus {
  /** By job: whether the last scrape succeeded, and why not. */
  targets(): Promise<Map<string, { health: string; lastError: string }>>;
  /** What a query gives now. Rejects when Prometheus cannot evaluate it. */
  query(expr: string): Promise<Sample[]>;
  /** The labels of every series that a selector meets. */
  series(selector: string): Promise<Record<string, string>[]>;
  /** Alerts by name, with the error of their last evaluation. */
  alerts(): Promise<{ name: string; lastError?: string }[]>;
}

const configOf = (targets: readonly (Target & { tokenFile?: string })[]) => ({
  global: { scrape_interval: '5s', scrape_timeout: '5s', evaluation_interval: '5s' },
  rule_files: [rulesFile],
  scrape_configs: targets.map(({ job, port, tokenFile }) => ({
    job_name: job,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
    ...(tokenFile && {
      scheme: 'https',
      authorization: { credentials_file: tokenFile },
      tls_config: { insecure_skip_verify: true },
    }),
  })),
});

/** Starts a Prometheus with the alerts of this project, which scrapes these every five seconds. */
export const startPrometheus = async (
  workspace: Workspace,
  targets: readonly Target[],
): Promise<Prometheus> => {
  const withFiles = await Promise.all(
    targets.map(async ({ token, ...target }) => {
      if (token === undefined) return target;
      const tokenFile = join(workspace.folder, `${target.job}.token`);
      await writeFile(tokenFile, token, { mode: 0o600 });
      return { ...target, tokenFile };
    }),
  );
  const config = join(workspace.folder, 'prometheus.yaml');
  // JSON is YAML.
  await writeFile(config, JSON.stringify(configOf(withFiles)));
  const [port] = await freePorts(1);
  const daemon: Daemon = workspace.start('prometheus', 'prometheus', [
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(workspace.folder, 'series')}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ]);
  const get = async <T>(path: string, parameters: Record<string, string> = {}): Promise<T> => {
    const url = `http://127.0.0.1:${port}/api/v1/${path}?${new URLSearchParams(parameters).toString()}`;
    const answer = (await (await fetch(url)).json()) as { status: string; data: T; error?: string };
    if (answer.status !== 'success')
      throw new Error(`${path} ${JSON.stringify(parameters)}: ${answer.error}`);
    return answer.data;
  };
  await waitFor('Prometheus', async () => {
    if (daemon.ended()) throw new Error(await logTail(daemon));
    return (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;
  });
  interface Targets {
    activeTargets: { labels: { job: string }; health: string; lastError: string }[];
  }
  interface RuleGroups {
    groups: { rules: { name: string; lastError?: string }[] }[];
  }
  return {
    async targets() {
      const { activeTargets } = await get<Targets>('targets');
      return new Map(
        activeTargets.map(({ labels, health, lastError }) => [labels.job, { health, lastError }]),
      );
    },
    query: async (expr) => (await get<{ result: Sample[] }>('query', { query: expr })).result,
    series: (selector) => get('series', { 'match[]': selector }),
    alerts: async () => (await get<RuleGroups>('rules')).groups.flatMap(({ rules }) => rules),
  };
};
