import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './command.ts';
import { ensurePackages } from './docker.ts';
import { withLock } from './lock.ts';

/** The release whose kinds are meant by what this project makes for the Prometheus operator. */
const operatorModule = 'github.com/prometheus-operator/prometheus-operator@v0.92.1';

/** Files with the CRDs of the Prometheus operator, from its Go module, which Go fetches when it does not have it. */
export const prometheusOperatorCrds = async (...plurals: string[]): Promise<string[]> => {
  const { stdout } = await run('go', ['mod', 'download', '-json', operatorModule], { cwd: tmpdir() });
  const { Dir: folder } = JSON.parse(stdout) as { Dir: string };
  return plurals.map((plural) =>
    join(folder, 'example/prometheus-operator-crd', `monitoring.coreos.com_${plural}.yaml`),
  );
};

/** Installs Debian's Prometheus, with promtool, unless both are there. Nothing is left running. */
export const ensurePrometheus = (): Promise<void> =>
  withLock('prometheus', () =>
    ensurePackages('Monitoring', { prometheus: 'prometheus', promtool: 'prometheus' }),
  );
