import { expect, test } from '@jest/globals';
import { type Handler, startScriptedServer } from '../../test/scripted/server.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { createContext } from '../context.ts';
import { applyObjects } from './apply.ts';

const group = 'example.com';
const crd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `things.${group}` },
  spec: {
    group,
    scope: 'Cluster',
    names: { kind: 'Thing', plural: 'things' },
    versions: [{ name: 'v1', served: true, storage: true }],
  },
  status: { conditions: [{ type: 'Established', status: 'True' }] },
};
const thing: UnknownObject = { apiVersion: `${group}/v1`, kind: 'Thing', metadata: { name: 'one' } };
const resources = (name: string, kind: string) => ({ resources: [{ name, kind, namespaced: false }] });

test('cli.md 1.6: objects of a new kind wait until the API server lists it, a little after it says that it serves it', async () => {
  let looks = 0;
  const handler: Handler = ({ method, path }, reply) => {
    if (path === `/apis/${group}/v1`)
      return ++looks < 3
        ? reply.json({ kind: 'Status', code: 404, reason: 'NotFound' }, 404)
        : reply.json(resources('things', 'Thing'));
    if (path === '/apis/apiextensions.k8s.io/v1')
      return reply.json(resources('customresourcedefinitions', crd.kind));
    if (method === 'PATCH') return reply.json(path.includes('/things/') ? thing : crd);
    reply.json({ metadata: { resourceVersion: '1' }, items: [crd] });
  };
  const server = await startScriptedServer({ handler });
  const context = createContext({
    globals: { dryRun: false, timeout: 300, kubeconfig: '', context: '' },
    output: { print: () => {}, note: () => {}, terminal: false },
    program: 'clusteradm',
    isGiven: () => false,
  });
  try {
    const client = context.connectTo({ server: server.url, caData: server.caData });
    await applyObjects(context, client, [thing, crd as UnknownObject], '');
    const written = server.calls.filter(({ method }) => method === 'PATCH').map(({ path }) => path);
    expect(written).toEqual([
      `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${crd.metadata.name}`,
      `/apis/${group}/v1/things/one`,
    ]);
  } finally {
    await context.close();
    await server.close();
  }
});
