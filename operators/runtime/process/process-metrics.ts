import { readdirSync } from 'node:fs';
import type { Metrics } from './metrics.ts';

/**
 * The process's own figures under their usual names, and `<namespace>_build_info` (operator.md 1.5). The Go entries of
 * build_info carry what stands in their place here.
 */
export const registerProcessMetrics = (metrics: Metrics, namespace: string, version: string): void => {
  const startTime = Date.now() / 1000 - process.uptime();
  metrics
    .gauge('process_start_time_seconds', 'Start time of the process since unix epoch in seconds.')
    .set(Math.round(startTime * 1000) / 1000);
  metrics.gauge('nodejs_version_info', 'Version of Node.js.').set(1, { version: process.version });

  const [, major = '', minor = ''] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  metrics
    .gauge(
      `${buildInfoPrefix(namespace)}_build_info`,
      "A metric with a constant '1' value, labeled with the build that runs.",
    )
    .set(1, {
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

  const cpu = metrics.counter(
    'process_cpu_seconds_total',
    'Total user and system CPU time spent in seconds.',
  );
  const resident = metrics.gauge('process_resident_memory_bytes', 'Resident memory size in bytes.');
  const heap = metrics.gauge('nodejs_heap_size_used_bytes', 'Process heap size used from Node.js in bytes.');
  const external = metrics.gauge('nodejs_external_memory_bytes', 'Node.js external memory size in bytes.');
  const open = metrics.gauge('process_open_fds', 'Number of open file descriptors.');
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

/** The namespace as metric names know it: dashes are not allowed there. */
const buildInfoPrefix = (namespace: string): string =>
  namespace.replaceAll(/[^a-zA-Z0-9_]/g, '_').replace(/^(?=\d)/, '_') || 'open_cluster_management';

const openDescriptors = (): number | undefined => {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined; // not Linux
  }
};
