import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { configMaps, leases } from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, toYaml, waitFor } from '../cluster/index.ts';
import { readAuditLog, writesOf } from '../cluster/audit.ts';
import { Child } from './process/child.ts';
import { type ApiRelay, startApiRelay } from '../scripted/relay.ts';
import {
  clientOf,
  controlPlaneOptions,
  deploymentOf,
  hubNamespace,
  namespaceOf,
  operatorNamespace,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForSettled,
} from './clustermanager/harness.ts';

/**
 * In seconds, in the order that the operators want them in. A leader is stopped until its lease is over; shorter ones were
 * lost by leaders that nobody had stopped, on a machine that was busy for a dozen seconds.
 */
const times = { lease: 60, deadline: 50, retry: 10 };
const election = [
  '--disable-leader-election=false',
  `--leader-election-lease-duration=${times.lease}s`,
  `--leader-election-renew-deadline=${times.deadline}s`,
  `--leader-election-retry-period=${times.retry}s`,
];

const toyNamespace = 'toys';
const clusterManager = { metadata: { name: 'cluster-manager' }, spec: {} as never };

let controlPlane: ControlPlane;
let client: Client;
let rollouts: Rollouts;
const running: Started[] = [];
const toys: Child[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'leader', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  await prepare(controlPlane);
});

afterAll(async () => {
  for (const toy of toys) {
    toy.kill();
    await toy.ended;
  }
  for (const { operator, relay } of running) {
    await operator.kill();
    await relay.close();
  }
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
});

interface Started {
  operator: OperatorProcess;
  relay: ApiRelay;
}

/** The file of a kubeconfig as a user of its own, so that the audit log tells who wrote. */
const kubeconfigOf = async (user: string): Promise<string> => {
  const binding = ['create', 'clusterrolebinding', user, '--clusterrole=cluster-admin', `--user=${user}`];
  await controlPlane.kubectl(binding);
  const file = join(controlPlane.folder, `${user}.kubeconfig`);
  await writeFile(file, toYaml(await controlPlane.kubeconfigFor(user)), { mode: 0o600 });
  return file;
};

/** The operator, behind a relay of its own. */
const startAs = async (user: string): Promise<Started> => {
  const file = await kubeconfigOf(user);
  const relay = await startApiRelay(loadConnection(file));
  await writeFile(file, renderKubeconfig({ server: relay.url }));
  const started = { operator: new OperatorProcess(file, election), relay };
  running.push(started);
  return started;
};

const writesBy = async (user: string) =>
  writesOf(await readAuditLog(controlPlane.auditLogPath!)).filter((event) => event.user.username === user);
const renewalsBy = async (user: string) =>
  (await readAuditLog(controlPlane.auditLogPath!)).filter(
    (event) =>
      event.user.username === user && event.objectRef?.resource === 'leases' && event.verb === 'update',
  );
/** The test's program, which writes what it is asked for twice a second. */
const startToyAs = async (user: string): Promise<Child> => {
  const toy = new Child(join(import.meta.dirname, 'process/program.ts'), [
    'controller',
    `--kubeconfig=${await kubeconfigOf(user)}`,
    `--namespace=${toyNamespace}`,
    '--listen=127.0.0.1:0',
    '--again=500ms',
    ...election,
  ]);
  toys.push(toy);
  return toy;
};

const holder = async () =>
  (await client.find(leases, 'clustermanager-lock', operatorNamespace))?.spec?.holderIdentity;
const edit = (spec: object) =>
  client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { spec } });
const selector = async () => (await deploymentOf(client, 'work-webhook')).spec?.template.spec?.nodeSelector;

test('faults R19: a leader that was stopped past its lease writes nothing when it goes on, and ends', async () => {
  const { operator: first, relay } = await startAs('first');
  await client.create(clusterManagers, clusterManager);
  await waitForSettled(client);
  const before = await holder();
  const { operator: second } = await startAs('second');
  await waitFor('the second operator to wait for the lease', async () =>
    second.log.includes('waiting to become leader'),
  );

  // It is stopped in the middle of a removal, with the answer that lets it go on to the next deletion in its socket.
  let isStopped = false;
  relay.onWrite(({ method, path }) => {
    if (method !== 'DELETE' || !path.includes('webhookconfigurations')) return;
    first.signal('SIGSTOP');
    isStopped = true;
  });
  await client.delete(clusterManagers, clusterManager.metadata);
  await waitFor('the first operator stopped', async () => isStopped);
  await waitFor('the second operator to lead', async () => {
    const now = await holder();
    return now !== undefined && now !== before;
  });
  await waitFor(
    'the ClusterManager gone',
    async () => !(await client.find(clusterManagers, 'cluster-manager')),
  );
  await waitFor('its namespace gone', async () => !(await namespaceOf(client, hubNamespace)));
  // What the first one was about to delete is now what somebody else has installed.
  await client.create(clusterManagers, clusterManager);
  await waitForSettled(client);

  const [writes, renewals] = [await writesBy('first'), await renewalsBy('first')];
  expect(writes.length).toBeGreaterThan(10);
  first.signal('SIGCONT');
  expect(await first.exit()).toBe(0);
  expect(first.log).toContain('leadership lost');
  // What the second one does now comes after everything of the first in the same audit log.
  await edit({ nodePlacement: { nodeSelector: { edit: 'later' } } });
  await waitFor('a later change', async () => (await selector())?.['edit'] === 'later');
  expect((await writesBy('first')).slice(writes.length)).toEqual([]);
  expect((await renewalsBy('first')).slice(renewals.length)).toEqual([]);
  expect(await second.stop()).toBe(0);
});

test('faults R19: what a leader has queued when it is stopped past its lease is not written when it goes on', async () => {
  await controlPlane.kubectl(['create', 'namespace', toyNamespace]);
  for (let i = 0; i < 10; i += 1)
    await client.create(configMaps, {
      metadata: { name: `asks-${i}`, namespace: toyNamespace, labels: { greet: 'yes' } },
    });
  const first = await startToyAs('first-toy');
  await waitFor('the first one to write', async () => (await writesBy('first-toy')).length > 10);
  const second = await startToyAs('second-toy');
  await waitFor('the second one to wait for the lease', async () => second.line('waiting to become leader'));

  // Just after a renewal: the timers of the keys run out within half a second, and before the one of the next renewal.
  // When it goes on they come first, so that nothing has told it yet that another one leads.
  const renewed = (await renewalsBy('first-toy')).length;
  await waitFor('a renewal', async () => (await renewalsBy('first-toy')).length > renewed, { interval: 20 });
  first.process.kill('SIGUSR2');
  await waitFor('the second one to write', async () => (await writesBy('second-toy')).length > 10);
  const [writes, renewals] = [await writesBy('first-toy'), await renewalsBy('first-toy')];
  first.process.kill('SIGCONT');
  expect(await first.ended).toBe(0);

  // What the second one writes now comes after everything of the first in the same audit log.
  const before = (await writesBy('second-toy')).length;
  await waitFor('later writes', async () => (await writesBy('second-toy')).length > before);
  const late = (await writesBy('first-toy')).slice(writes.length);
  expect(late.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  expect((await renewalsBy('first-toy')).slice(renewals.length)).toEqual([]);
  expect(first.err).toContain('"name":"FencedError"');
  expect(await second.terminate()).toBe(0);
});
