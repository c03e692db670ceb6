/**
 * `node test/bench/work.ts [program]`: the work agent alone between two control planes, without nodes and without the
 * rest of the hub: how long from the creation of a ManifestWork until it is Available, what the agent writes, and what it
 * keeps in memory. `program` is a built executable to run instead of the source.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as pass } from 'node:timers/promises';
import { type ManifestWork, manifestWorks } from '../../operators/api/generated/work.ts';
import type { Informer } from '../../operators/runtime/cache/informer.ts';
import { createInformers } from '../../operators/runtime/cache/informers.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { type AuditEvent, patience, readAuditLog, startControlPlane, writesOf } from '../cluster/index.ts';
import { installCrds, startAgent } from '../integration/work/agent.ts';
import { figure, percentile } from './figures.ts';
import { numbered, singleWrite, workOf, worksFloor } from './floors.ts';

const cluster = 'cluster1';
const singles = 50;
const many = 200;

const isAvailable = ({ status }: ManifestWork): boolean =>
  status?.conditions?.some(({ type, status: value }) => type === 'Available' && value === 'True') ?? false;

/** Milliseconds from the creation of each work until the watch shows it Available. */
const timesOf = async (
  works: Informer<ManifestWork>,
  names: string[],
  together: boolean,
): Promise<number[]> => {
  const waiting = new Map<string, () => void>();
  const stop = works.onChange(({ object }) => {
    if (isAvailable(object)) waiting.get(object.metadata.name)?.();
  });
  const one = async (name: string): Promise<number> => {
    const available = new Promise<void>((resolve) => waiting.set(name, resolve));
    const start = performance.now();
    await works.client.create(manifestWorks, workOf(name, cluster));
    await Promise.race([available, deadline(name)]);
    return performance.now() - start;
  };
  const times: number[] = [];
  if (together) times.push(...(await Promise.all(names.map(one))));
  else for (const name of names) times.push(await one(name));
  stop();
  return times;
};

const deadline = async (name: string): Promise<never> => {
  await pass(patience, undefined, { ref: false });
  throw new Error(`ManifestWork ${name} is not Available after ${patience / 1000} s`);
};

/** Milliseconds from the deletion of the works until the watch has shown the last of them gone. */
const removed = async (works: Informer<ManifestWork>, names: string[]): Promise<number> => {
  const start = performance.now();
  const left = new Set(names);
  const empty = Promise.withResolvers<void>();
  const stop = works.onChange(({ type, object }) => {
    if (type === 'deleted' && left.delete(object.metadata.name) && left.size === 0) empty.resolve();
  });
  await Promise.all(names.map((name) => works.client.delete(manifestWorks, { name, namespace: cluster })));
  await empty.promise;
  stop();
  return performance.now() - start;
};

/** Gives each work a rule with an expression of its own; resolves when all have been evaluated. */
const giveRules = async (works: Informer<ManifestWork>, names: string[]): Promise<void> => {
  const left = new Set(names);
  const done = Promise.withResolvers<void>();
  const stop = works.onChange(({ object: { metadata, status } }) => {
    if (
      status?.conditions?.some(({ type }) => type === 'Ruled') &&
      left.delete(metadata.name) &&
      left.size === 0
    )
      done.resolve();
  });
  await Promise.all(
    names.map((name) => {
      const resourceIdentifier = { group: '', resource: 'configmaps', name, namespace: 'default' };
      const celExpressions = [`object.data.all(k, object.data[k].startsWith('${name}'))`];
      const conditionRules = [{ condition: 'Ruled', type: 'CEL', celExpressions }];
      const body = { spec: { manifestConfigs: [{ resourceIdentifier, conditionRules }] } };
      return works.client.patch(manifestWorks, { name, namespace: cluster }, { type: 'merge', body });
    }),
  );
  await Promise.race([done.promise, deadline('with a rule')]);
  stop();
};

const privateMiB = async (pid: number): Promise<number> => {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  const kib = ['Private_Clean', 'Private_Dirty'].map((name) =>
    Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1]),
  );
  return kib.reduce((sum, value) => sum + value, 0) / 1024;
};

const writesSince = async (path: string | undefined, since: number): Promise<AuditEvent[]> =>
  writesOf(await readAuditLog(path!)).filter(
    ({ stageTimestamp, userAgent }) =>
      Date.parse(stageTimestamp) >= since && (userAgent?.startsWith('work-agent') ?? false),
  );

const ended = new AbortController();
const [hub, spoke] = await Promise.all([
  startControlPlane({ name: 'bench-hub', controllerManager: false, audit: true }),
  startControlPlane({ name: 'bench-spoke', controllerManager: false, audit: true }),
]);
try {
  await installCrds(hub, 'manifestworks.work.open-cluster-management.io');
  await installCrds(spoke, 'appliedmanifestworks.work.open-cluster-management.io');
  await hub.kubectl(['create', 'namespace', cluster]);
  const agent = await startAgent({ hub, spoke, cluster, program: process.argv[2] });
  const client = connect(loadConnection(hub.kubeconfigPath), { userAgent: 'bench' });
  const onSpoke = connect(loadConnection(spoke.kubeconfigPath), { userAgent: 'bench' });
  const informers = createInformers(client, { logger: createLogger({ v: 0 }) });
  const works = informers.informer(manifestWorks, { namespace: cluster });
  informers.start(ended.signal);
  await informers.waitForSync();
  await pass(3_000);
  figure('agent idle: private memory', await privateMiB(agent.pid), 'MiB', '30');

  await timesOf(works, numbered('warm', 3), false);
  const one = await timesOf(works, numbered('one', singles), false);
  const write = await singleWrite(client);
  figure('floor: one write by a bare client, p50', write, 'ms');
  figure('one ManifestWork to Available, p50', percentile(one, 0.5), 'ms', '150');
  figure('one ManifestWork in writes', percentile(one, 0.5) / write, 'x', '4');
  figure('one ManifestWork to Available, p99', percentile(one, 0.99), 'ms', '500');

  const floor = await worksFloor(client, onSpoke, many);
  figure(`floor: the writes of ${many} works by a bare client`, floor, 's');
  const began = Date.now();
  const all = await timesOf(works, numbered('many', many), true);
  figure(`${many} ManifestWorks to all Available`, Math.max(...all) / 1000, 's', '5');
  figure(`${many} ManifestWorks to their floor`, Math.max(...all) / 1000 / floor, 'x', '1.5');
  await pass(2_000);
  const [hubWrites, spokeWrites] = [
    await writesSince(hub.auditLogPath, began),
    await writesSince(spoke.auditLogPath, began),
  ];
  figure('writes to the hub per work', hubWrites.length / many, '');
  figure('writes to the managed cluster per work', spokeWrites.length / many, '');

  const quietSince = Date.now();
  await pass(30_000);
  const quiet = [
    ...(await writesSince(hub.auditLogPath, quietSince)),
    ...(await writesSince(spoke.auditLogPath, quietSince)),
  ];
  figure('writes in thirty settled seconds', quiet.length, '', '0');
  figure(`agent with ${many + singles} works: private memory`, await privateMiB(agent.pid), 'MiB');
  await giveRules(works, numbered('many', many));
  await pass(20_000);
  figure(`  with a CEL rule in ${many} of them`, await privateMiB(agent.pid), 'MiB');
  const names = works.list().map(({ metadata }) => metadata.name);
  figure(`${names.length} ManifestWorks deleted to all gone`, (await removed(works, names)) / 1000, 's');
  ended.abort();
  await agent.stop();
  await Promise.all([client.close(), onSpoke.close()]);
} finally {
  await Promise.all([hub.stop(), spoke.stop()]);
}
