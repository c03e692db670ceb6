import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { loadConnection, renderKubeconfig } from '../../operators/runtime/client/kubeconfig.ts';
import { leases } from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, toYaml, waitFor } from '../cluster/index.ts';
import { readAuditLog, writesOf } from '../cluster/audit.ts';
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

jest.setTimeout(180_000);

/** Short enough for a test, and in the order that the operators want them in. */
const times = { lease: 10, deadline: 8, retry: 2 };
const election = [
  '--disable-leader-election=false',
  `--leader-election-lease-duration=${times.lease}s`,
  `--leader-election-renew-deadline=${times.deadline}s`,
  `--leader-election-retry-period=${times.retry}s`,
];

const clusterManager = { metadata: { name: 'cluster-manager' }, spec: {} as never };

let controlPlane: ControlPlane;
let client: Client;
let rollouts: Rollouts;
const running: Started[] = [];

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'leader', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  await prepare(controlPlane);
}, 90_000);

afterAll(async () => {
  for (const { operator, relay } of running) {
    await operator.kill();
    await relay.close();
  }
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
}, 60_000);

interface Started {
  operator: OperatorProcess;
  relay: ApiRelay;
}

/** The operator as a user of its own, so that the audit log tells who wrote, behind a relay of its own. */
const startAs = async (user: string): Promise<Started> => {
  const binding = ['create', 'clusterrolebinding', user, '--clusterrole=cluster-admin', `--user=${user}`];
  await controlPlane.kubectl(binding);
  const file = join(controlPlane.folder, `${user}.kubeconfig`);
  await writeFile(file, toYaml(await controlPlane.kubeconfigFor(user)), { mode: 0o600 });
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
