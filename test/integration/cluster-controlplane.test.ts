import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import {
  patienceFlag,
  readAuditLog,
  startCluster,
  startControlPlane,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import type { ControlPlane } from '../cluster/index.ts';

const widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.example.com }
spec:
  group: example.com
  scope: Namespaced
  names: { kind: Widget, plural: widgets, singular: widget, listKind: WidgetList }
  versions:
    - name: v1
      served: true
      storage: true
      schema: { openAPIV3Schema: { type: object, properties: { spec: { type: object, properties: { size: { type: integer } } } } } }
`;

const widget = `apiVersion: example.com/v1
kind: Widget
metadata: { name: one, namespace: default }
spec: { size: 3 }
`;

let controlPlane: ControlPlane;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'cluster-test', audit: true });
});

afterAll(() => controlPlane?.stop());

const sizeOfWidget = (): Promise<string> =>
  controlPlane.kubectl(['get', 'widget', 'one', '-o', 'jsonpath={.spec.size}']);

test('serves a custom resource and keeps it over a restart of the API server', async () => {
  await controlPlane.kubectl(['apply', '-f', '-'], widgets);
  await controlPlane.kubectl([
    'wait',
    '--for=condition=Established',
    patienceFlag,
    'crd/widgets.example.com',
  ]);
  await waitFor('widget applied', () => controlPlane.kubectl(['apply', '-f', '-'], widget));
  expect(await sizeOfWidget()).toBe('3');

  const { server } = controlPlane;
  await controlPlane.restart();

  expect(controlPlane.server).toBe(server);
  // It is ready before it serves all kinds that are defined.
  await waitFor('the widget', async () => (await sizeOfWidget()) === '3');
});

test('hangs while paused and answers after resume', async () => {
  controlPlane.pause();
  await expect(controlPlane.kubectl(['get', 'namespaces', '--request-timeout=1s'])).rejects.toThrow(
    /timeout|deadline/i,
  );
  controlPlane.resume();
  expect(await controlPlane.kubectl(['get', 'namespaces', '-o', 'name'])).toContain('namespace/default');
});

test('audits writes with their author', async () => {
  await controlPlane.kubectl(['create', 'configmap', 'audited']);
  const write = await waitFor('audited write', async () =>
    writesOf(await readAuditLog(controlPlane.auditLogPath ?? '')).find(
      ({ objectRef }) => objectRef?.resource === 'configmaps' && objectRef.name === 'audited',
    ),
  );
  expect(write).toMatchObject({
    verb: 'create',
    user: { username: 'kubernetes-admin' },
    responseStatus: { code: 201 },
  });
});

test("stands for a cluster of the user's, whose machines are left alone", async () => {
  process.env['OCM_HUB_KUBECONFIG'] = controlPlane.kubeconfigPath;
  process.env['OCM_HUB_INTERNAL_SERVER'] = 'https://hub.example.com:6443';
  try {
    const cluster = await startCluster({ name: 'hub', role: 'hub' });
    expect(cluster).toMatchObject({ name: 'hub', server: controlPlane.server });
    expect(cluster.internalKubeconfig()).toContain('server: https://hub.example.com:6443');
    expect(await cluster.kubectl(['get', 'namespace', 'default', '-o', 'name'])).toBe('namespace/default\n');
    await expect(cluster.restartNode()).rejects.toThrow('cluster of OCM_HUB_KUBECONFIG');
    await expect(cluster.loadImage('some:image')).rejects.toThrow(
      /how to load images .*: some:image. Put them on its nodes/,
    );
    await cluster.stop();
    expect(await controlPlane.kubectl(['get', '--raw', '/readyz'])).toBe('ok');
  } finally {
    delete process.env['OCM_HUB_KUBECONFIG'];
    delete process.env['OCM_HUB_INTERNAL_SERVER'];
  }
});

test('leaves neither process nor folder behind', async () => {
  const processesOf = async (folder: string): Promise<number[]> => {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    return pids.map(Number).filter((_, index) => lines[index]?.includes(folder));
  };
  const { folder } = controlPlane;
  expect(await processesOf(folder)).not.toHaveLength(0);

  await controlPlane.stop();

  expect(await processesOf(folder)).toEqual([]);
  expect(existsSync(folder)).toBe(false);
});
