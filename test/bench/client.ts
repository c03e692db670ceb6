/**
 * What the client costs, against a control plane of its own: `node test/bench/client.ts`. The program measured is
 * bundled as an image's would be, and runs in a process of its own.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { configMaps } from '../../operators/runtime/client/kubernetes.ts';
import { bundleOptions } from '../../scripts/build.ts';
import { startControlPlane } from '../cluster/index.ts';
import { run } from '../cluster/command.ts';
import { figure } from './figures.ts';

const cached = 500;

/** How V8 is told to run: as it likes, and as suits a process that mostly waits (docs/decisions/001-api-client.md). */
const flagSets = {
  default: ['--max-semi-space-size=1'],
  small: ['--max-semi-space-size=1', '--optimize-for-size', '--no-opt', '--no-maglev'],
};

const folder = mkdtempSync(join(tmpdir(), 'bench-client-'));
const plane = await startControlPlane({ name: 'bench-client', controllerManager: false });
try {
  const program = join(folder, 'client-program.cjs');
  await build(bundleOptions(join(import.meta.dirname, 'client-program.ts'), program));
  const client = connect(loadConnection(plane.kubeconfigPath), { userAgent: 'bench' });
  const text = 'x'.repeat(2_500);
  const names = Array.from({ length: cached }, (_, index) => `cached-${index}`);
  const make = (name: string) =>
    client.create(configMaps, {
      metadata: { name, namespace: 'default', labels: { bench: 'yes' } },
      data: { text },
    });
  await Promise.all(names.map(make));
  await client.close();
  for (const [title, flags] of Object.entries(flagSets)) {
    const { stdout } = await run(process.execPath, [...flags, '--expose-gc', program, plane.kubeconfigPath]);
    for (const line of stdout.trim().split('\n')) {
      const [name = '', value = '', unit = '', goal] = line.split('\t');
      figure(`${title} flags: ${name}`, Number(value), unit, goal);
    }
  }
} finally {
  await plane.stop();
  rmSync(folder, { recursive: true });
}
