import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { managedClusterSetBindings, placements } from '../../operators/api/generated/cluster.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { isTrue } from '../../operators/runtime/controller/conditions.ts';
import { documentedName, groups, processes } from '../../scripts/monitoring/catalog.ts';
import { metricNames, samplesOf } from '../../scripts/monitoring/metric-names.ts';
import { boards } from '../../scripts/monitoring/panels.ts';
import { alertsOf, readRules } from '../../scripts/monitoring/rules.ts';
import type { OperatorName } from '../../operators/registration-operator/bundle/index.ts';
import type { Deployment, Service } from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, patienceFlag, waitFor } from '../cluster/index.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { ensurePrometheus, prometheusOperatorCrds } from '../cluster/prometheus.ts';
import { template } from './charts/helm.ts';
import { clusterName, type Fleet, startFleet } from './monitoring/fleet.ts';
import { type Prometheus, startPrometheus } from './monitoring/prometheus.ts';

let fleet: Fleet;
let prometheus: Prometheus;

const singleton = 'ocm-singleton-agent';
/** What only something happening brings about: a short watch, a conflict over an object, a review. */
const eventual = new Set([
  'reflector_short_watches_total',
  'ocm_operator_repairs_total',
  'controller_runtime_webhook_requests_in_flight',
  'controller_runtime_webhook_latency_seconds',
]);

/** A ManifestWork, applied. */
const runWork = async ({ hub }: Fleet): Promise<void> => {
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'from-hub', namespace: 'default' },
  };
  await hub.create(manifestWorks, {
    metadata: { name: 'work', namespace: clusterName },
    spec: { workload: { manifests: [configMap] } },
  });
  await waitFor('the work applied', async () =>
    isTrue((await hub.get(manifestWorks, 'work', clusterName)).status?.conditions, 'Applied'),
  );
};

/** A Placement that selects the cluster, by an expression so that this shows too. */
const place = async ({ hub }: Fleet): Promise<void> => {
  const metadata = { name: 'global', namespace: 'default' };
  await hub.create(managedClusterSetBindings, { metadata, spec: { clusterSet: 'global' } });
  const celExpressions = [`managedCluster.metadata.name == "${clusterName}"`];
  await hub.create(placements, {
    metadata: { name: 'p', namespace: 'default' },
    spec: { predicates: [{ requiredClusterSelector: { celSelector: { celExpressions } } }] },
  });
  await waitFor('its decisions', async () => {
    const { status } = await hub.get(placements, 'p', 'default');
    if (status?.numberOfSelectedClusters === 1) return true;
    throw new Error(JSON.stringify(status));
  });
};

/** Scraped now, and without an error. */
const untilUp = (jobs: readonly string[]): Promise<unknown> =>
  waitFor(`${jobs.join(', ')} to be scraped`, async () => {
    const targets = await prometheus.targets();
    const bad = jobs.filter((job) => targets.get(job)?.health !== 'up');
    if (bad.length === 0) return true;
    throw new Error(bad.map((job) => `${job}: ${targets.get(job)?.lastError}`).join('\n'));
  });

beforeAll(async () => {
  await ensurePrometheus();
  fleet = await startFleet();
  await runWork(fleet);
  await place(fleet);
  prometheus = await startPrometheus(fleet.workspace, fleet.targets);
  await untilUp(processes.map(({ job }) => job).filter((job) => job !== singleton));
});

afterAll(async () => {
  await fleet?.stop();
});

/** The metrics of a process as it says them and as they are documented, each by name and labels. */
const compare = async (job: string): Promise<void> => {
  const { groups: own } = processes.find((each) => each.job === job)!;
  const documented = new Map(
    own.flatMap(({ metrics }) =>
      metrics.flatMap((metric) =>
        samplesOf(metric).map((name): [string, string] => [name, metric.labels.toSorted().join(',')]),
      ),
    ),
  );
  const added = new Set(['__name__', 'job', 'instance', 'le']);
  for (const { __name__: name = '', ...labels } of await prometheus.series(`{job="${job}"}`)) {
    // What Prometheus says itself.
    if (name === 'up' || /^(scrape_|ALERTS)/.test(name)) continue;
    const names = Object.keys(labels).filter((label) => !added.has(label));
    const known = documented.get(documentedName(name));
    expect([job, name, known === undefined ? 'undocumented' : 'documented']).toEqual([
      job,
      name,
      'documented',
    ]);
    // Prometheus drops labels that are empty.
    for (const label of names)
      expect([name, label, known!.split(',')]).toEqual([name, label, expect.arrayContaining([label])]);
  }
};

describe('registration.md 160: every process serves what docs/metrics.md says, and nothing else', () => {
  test.each(processes.map(({ job }) => job).filter((job) => job !== singleton))('%s', compare);

  test('each documented metric comes from some process', async () => {
    await waitFor('all of them', async () => {
      const series = await prometheus.series('{job=~"ocm-.+"}');
      const present = new Set(series.map(({ __name__ = '' }) => documentedName(__name__)));
      const absent = groups
        .flatMap(({ metrics }) => metrics)
        .filter(
          (metric) => !eventual.has(metric.name) && !samplesOf(metric).every((name) => present.has(name)),
        );
      expect(absent.map(({ name }) => name)).toEqual([]);
      return true;
    });
  });
});

/** A query of a dashboard as Grafana sends it, with everything chosen. */
const asSent = (expr: string): string =>
  expr.replaceAll('$job', '.+').replaceAll('$instance', '.+').replaceAll('$__rate_interval', '1m');

describe.each(boards)('dashboard $name', ({ rows }) => {
  test.each(rows.flatMap(({ panels }) => panels))('$title has data', async ({ queries }) => {
    for (const { expr } of queries)
      await waitFor(`data of ${expr}`, async () => (await prometheus.query(asSent(expr))).length > 0);
  });
});

describe('alerts', () => {
  test('Prometheus takes and evaluates all of them', async () => {
    const names = alertsOf(readRules())
      .map(({ alert }) => alert)
      .toSorted();
    await waitFor('an evaluation', async () => {
      const rules = await prometheus.alerts();
      expect(rules.map(({ name }) => name).toSorted()).toEqual(names);
      expect(rules.filter(({ lastError }) => lastError)).toEqual([]);
      return true;
    });
  });

  test('what was changed by somebody is counted as a repair', async () => {
    await fleet.managed.remove('serviceaccount', 'klusterlet-work-sa', 'open-cluster-management-agent');
    await waitFor(
      'the repair',
      async () => (await prometheus.query('ocm_operator_repairs_total')).length > 0,
    );
  });

  test.each(alertsOf(readRules()))('$alert asks for metrics that the fleet serves', async ({ expr }) => {
    for (const name of metricNames(expr))
      await waitFor(`samples of ${name}`, async () => (await prometheus.query(name)).length > 0);
  });
});

describe('the Prometheus operator', () => {
  beforeAll(async () => {
    const crds = await prometheusOperatorCrds('servicemonitors', 'prometheusrules');
    for (const plane of fleet.planes) {
      await plane.kubectl(['create', ...crds.map((file) => `--filename=${file}`)]);
      await plane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
      await plane.kubectl(['create', 'namespace', 'open-cluster-management-monitoring']);
    }
  });

  /** As a user would, but for fields that nobody knows, which are errors here. */
  const create = (plane: ControlPlane, file: string, text = '') =>
    plane.kubectl(['create', '--validate=strict', `--filename=${file}`, '--output=json'], text);

  test('takes the alerts, and what scrapes operands', async () => {
    const [hub, managed] = fleet.planes;
    await create(hub, join(repositoryFolder, 'monitoring/prometheus-rule.yaml'));
    await create(hub, join(repositoryFolder, 'monitoring/service-monitors/hub.yaml'));
    await create(managed, join(repositoryFolder, 'monitoring/service-monitors/agents.yaml'));
  });

  test('finds the Pods of each process', async () => {
    const found: string[] = [];
    for (const plane of fleet.planes) {
      const list = async <T>(kind: string) =>
        (
          JSON.parse(await plane.kubectl(['get', kind, '--all-namespaces', '--output=json'])) as {
            items: T[];
          }
        ).items;
      const all = await list<Deployment>('deployments');
      for (const { metadata, spec } of await list<Service>('services')) {
        const job = metadata.labels?.['operator.open-cluster-management.io/job'];
        const isMeant = ({ metadata: { namespace }, spec: own }: Deployment) =>
          namespace === metadata.namespace &&
          own?.template.metadata?.labels?.['app'] === spec?.selector?.['app'];
        if (job && all.some(isMeant)) found.push(job);
      }
    }
    const operands = processes.map(({ job }) => job).filter((job) => !/operator$|singleton/.test(job));
    expect(found.toSorted()).toEqual(operands.toSorted());
  });

  test.each<[OperatorName, 0 | 1]>([
    ['cluster-manager', 0],
    ['klusterlet', 1],
  ])('takes what the chart %s has for it, which is nothing unless it is asked for', async (chart, at) => {
    const plain = await template(chart);
    const labels = { release: 'prometheus' };
    const monitored = await template(chart, {
      namespace: 'open-cluster-management-monitoring',
      values: { monitoring: { enabled: true, labels } },
    });
    expect(monitored.length - plain.length).toBe(4);
    const added = monitored.filter(
      ({ kind, metadata: { name } }) =>
        kind === 'Service' || kind === 'ServiceMonitor' || name.endsWith(':metrics-reader'),
    );
    await create(fleet.planes[at], '-', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: added }));
    const monitor = added.find(({ kind }) => kind === 'ServiceMonitor');
    expect(monitor.metadata.labels).toEqual({ app: chart, ...labels });
    const service = added.find(({ kind }) => kind === 'Service');
    expect(service.metadata.labels).toEqual(monitor.spec.selector.matchLabels);
    expect(service.metadata.labels[monitor.spec.jobLabel]).toBe(`ocm-${chart}-operator`);
    const binding = added.find(({ kind }) => kind === 'ClusterRoleBinding');
    expect(binding.subjects).toEqual([
      { kind: 'ServiceAccount', name: 'prometheus-k8s', namespace: 'monitoring' },
    ]);
    const nobody = await template(chart, {
      set: 'monitoring.enabled=true,monitoring.prometheus.serviceAccount=',
    });
    expect(nobody.length - plain.length).toBe(3);
  });
});

test('the singleton agent serves what both agents do', async () => {
  await fleet.toSingleton();
  await untilUp([singleton]);
  await waitFor('its works', async () => {
    const [counted] = await prometheus.query(`work_manifestworks{job="${singleton}", applied="True"} == 1`);
    return counted;
  });
  await compare(singleton);
});
