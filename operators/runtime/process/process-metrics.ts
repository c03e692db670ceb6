import { X509Certificate } from 'node:crypto';
import { readdirSync } from 'node:fs';
import type { FlagSpecs, Flags } from './command.ts';
import { counter, gauge } from './metric-definition.ts';
import type { Metrics } from './metrics.ts';

/** What every process says of itself. */
export const processMetrics = {
  startTime: gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.'),
  cpu: counter('process_cpu_seconds_total', 'Total user and system CPU time spent in seconds.'),
  resident: gauge('process_resident_memory_bytes', 'Resident memory size in bytes.'),
  openFiles: gauge('process_open_fds', 'Number of open file descriptors.'),
  heap: gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.'),
  external: gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.'),
  version: gauge('nodejs_version_info', 'Version of Node.js.', ['version']),
  servingCertificate: gauge(
    'serving_certificate_expiration_timestamp_seconds',
    'When the certificate that the process serves with expires, in seconds since the epoch.',
  ),
  featureGate: gauge('feature_gate_enabled', 'Whether a feature gate is on (1) or off (0).', ['name']),
};

/** `<namespace>_build_info` (operator.md 1.5), with the namespace as metric names know it: dashes are not allowed there. */
export const buildInfo = (namespace: string) =>
  gauge(
    `${namespace.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_') || 'open_cluster_management'}_build_info`,
    "A metric with a constant '1' value, labeled with the build that runs.",
    [
      'major',
      'minor',
      'gitVersion',
      'gitCommit',
      'gitTreeState',
      'buildDate',
      'goVersion',
      'compiler',
      'platform',
    ],
  );

/**
 * The process's own figures under their usual names, and `<namespace>_build_info`. The Go entries of build_info carry what
 * stands in their place here.
 */
export const registerProcessMetrics = (metrics: Metrics, namespace: string, version: string): void => {
  const startTime = Date.now() / 1000 - process.uptime();
  metrics.gauge(processMetrics.startTime).set(Math.round(startTime * 1000) / 1000);
  metrics.gauge(processMetrics.version).set(1, { version: process.version });

  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  metrics.gauge(buildInfo(namespace)).set(1, {
    major,
    minor,
    gitVersion: version,
    gitCommit: process.env['OCM_COMMIT'] ?? '',
    gitTreeState: '',
    buildDate: '',
    goVersion: process.version,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  });

  const cpu = metrics.counter(processMetrics.cpu);
  const resident = metrics.gauge(processMetrics.resident);
  const heap = metrics.gauge(processMetrics.heap);
  const external = metrics.gauge(processMetrics.external);
  const open = metrics.gauge(processMetrics.openFiles);
  let counted = 0;
  metrics.onScrape(() => {
    const { user, system } = process.cpuUsage();
    const seconds = (user + system) / 1e6;
    cpu.inc(undefined, seconds - counted);
    counted = seconds;
    const memory = process.memoryUsage();
    resident.set(memory.rss);
    heap.set(memory.heapUsed);
    external.set(memory.external);
    const fds = openDescriptors();
    if (fds !== undefined) open.set(fds);
  });
};

/** Shows which feature gates the flags of a command turn on and off. */
export const registerFeatureGates = (metrics: Metrics, specs: FlagSpecs, flags: Flags<FlagSpecs>): void => {
  const gate = metrics.gauge(processMetrics.featureGate);
  for (const [flag, spec] of Object.entries(specs))
    if (spec.type === 'gates')
      for (const [name, on] of Object.entries(flags[flag] as unknown as Record<string, boolean>))
        gate.set(on ? 1 : 0, { name });
};

/** Shows when the certificate that a process serves with, PEM, expires. */
export const tellServingCertificate = (metrics: Metrics, certificate: string | Buffer): void =>
  metrics
    .gauge(processMetrics.servingCertificate)
    .set(new X509Certificate(certificate).validToDate.getTime() / 1000);

const openDescriptors = (): number | undefined => {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined; // not Linux
  }
};
