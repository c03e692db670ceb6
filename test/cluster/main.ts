/** Command line of the test clusters, for the Makefile and for looking around: `node test/cluster/main.ts --help`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Command } from 'commander';
import {
  ensureBinaries,
  ensureDocker,
  ensureNodeImage,
  findCluster,
  listClusters,
  removeCluster,
  startCluster,
} from './index.ts';
import { ensurePrometheus } from './prometheus.ts';
import type { Cluster } from './index.ts';

const mustFind = async (name: string): Promise<Cluster> => {
  const cluster = await findCluster(name);
  if (cluster !== undefined) return cluster;
  const existing = (await listClusters()).join(', ') || 'none';
  throw new Error(`No cluster is called ${name} (there are: ${existing}). Start it with: up ${name}`);
};

const program = new Command('cluster')
  .description('Kubernetes clusters in Docker that stay until they are removed.')
  .enablePositionalOptions()
  .showHelpAfterError();

program
  .command('setup')
  .description('install, build and cache everything that clusters need')
  .action(async () => {
    await ensureBinaries();
    await ensureDocker();
    await ensureNodeImage();
    await ensurePrometheus();
  });

program
  .command('up')
  .description('start clusters, or find them running, and print where their kubeconfigs are')
  .argument('<name...>')
  .option('--audit', 'keep an audit log')
  .action(async (names: string[], { audit }: { audit?: boolean }) => {
    const clusters = await Promise.all(names.map((name) => startCluster({ name, keep: true, audit })));
    for (const { name, kubeconfigPath } of clusters) console.log(`${name}\t${kubeconfigPath}`);
  });

program
  .command('down')
  .description('remove clusters and, with the last one, their network; --all removes every cluster')
  .argument('[name...]')
  .option('--all', 'every cluster')
  .action(async (names: string[], { all }: { all?: boolean }) => {
    for (const name of all ? await listClusters() : names) {
      if (await removeCluster(name)) console.log(`removed ${name}`);
      else console.log(`there is no cluster ${name}`);
    }
  });

program
  .command('list')
  .description('print the names of all clusters')
  .action(async () => {
    for (const name of await listClusters()) console.log(name);
  });

program
  .command('load')
  .description("put images on a cluster's node: images that Docker has, or docker-archives ending in .tar")
  .argument('<name>')
  .argument('<image...>')
  .action(async (name: string, images: string[]) => (await mustFind(name)).loadImage(...images));

program
  .command('kubectl')
  .description('run kubectl against a cluster')
  .argument('<name>')
  .argument('[arguments...]')
  .allowUnknownOption()
  .passThroughOptions()
  .action(async (name: string, args: string[]) => {
    const { kubeconfigPath } = await mustFind(name);
    const { kubectl } = await ensureBinaries();
    const child = spawn(kubectl, ['--kubeconfig', kubeconfigPath, ...args], {
      stdio: 'inherit',
    });
    const [status] = (await once(child, 'exit')) as [number | null];
    process.exitCode = status ?? 1;
  });

try {
  await program.parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
