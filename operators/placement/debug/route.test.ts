import { afterEach, describe, expect, test } from '@jest/globals';
import type { Placement, PlacementSpec } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import type { SubjectAccessReview } from '../../runtime/client/kubernetes.ts';
import { cluster, foreign, own, placement } from '../scheduling/fixture.ts';
import { type Hub, DebugServer, cachesOf } from './fixture.ts';
import type { DebugDependencies } from './route.ts';

let server: DebugServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const start = async (hub: Hub, replaced?: Partial<DebugDependencies>): Promise<DebugServer> =>
  (server = await DebugServer.start(cachesOf(hub), replaced));

const member = (name: string, set: string, labels: Record<string, string> = {}) =>
  cluster(name, { labels: { [label.clusterSet]: set, ...labels } });
const set = (name: string) => ({ metadata: { name } });
const binding = (name: string) => ({ metadata: { name, namespace: 'tenant' }, spec: { clusterSet: name } });
const stored = (spec: PlacementSpec = {}): Placement => {
  const { metadata } = placement(spec);
  return {
    metadata: { ...metadata, labels: { team: 'a' }, annotations: { note: 'b' }, resourceVersion: '5' },
    spec,
    status: { numberOfSelectedClusters: 3 },
  };
};
const posted = (spec: object = {}) => ({ metadata: { name: 'place', namespace: 'tenant' }, spec });
const mebibyte = 1024 * 1024;

/** One set of three clusters, of which one is tainted and another one named by decisions of others. */
const hub: Hub = {
  sets: [set('set1')],
  bindings: [binding('set1')],
  clusters: [
    member('cluster3', 'set1', { zone: 'a' }),
    member('cluster1', 'set1', { zone: 'a' }),
    {
      ...member('cluster2', 'set1', { zone: 'a' }),
      spec: { hubAcceptsClient: true, taints: [{ key: 'gpu', effect: 'NoSelect' }] },
    },
    member('cluster4', 'set1', { zone: 'b' }),
  ],
  decisions: [foreign(['cluster1'], { [label.placement]: 'other' })],
};
const spec: PlacementSpec = {
  numberOfClusters: 1,
  predicates: [{ requiredClusterSelector: { labelSelector: { matchLabels: { zone: 'a' } } } }],
};
const expected = {
  placement: {
    metadata: {
      name: 'place',
      namespace: 'tenant',
      labels: { team: 'a' },
      annotations: { note: 'b' },
    },
    spec,
    status: {},
  },
  filteredPipelineResults: [
    { name: 'Predicate', filteredClusters: ['cluster1', 'cluster2', 'cluster3'] },
    { name: 'Predicate,TaintToleration', filteredClusters: ['cluster3', 'cluster1'] },
  ],
  prioritizeResults: [
    { name: 'Balance', weight: 1, scores: { cluster1: -100, cluster3: 100 } },
    { name: 'Steady', weight: 1, scores: { cluster1: 0, cluster3: 0 } },
  ],
  aggregatedScores: [
    { clusterName: 'cluster3', score: 100 },
    { clusterName: 'cluster1', score: -100 },
  ],
  selectedClusters: ['cluster3'],
  status: { code: 'Success' },
  conditions: [
    {
      type: 'PlacementSatisfied',
      status: 'True',
      reason: 'AllDecisionsScheduled',
      message: 'All cluster decisions scheduled',
    },
    {
      type: 'PlacementMisconfigured',
      status: 'False',
      reason: 'Succeedconfigured',
      message: 'Placement configurations check pass',
    },
  ],
};

describe('what it answers', () => {
  test('since-1.3.1.md 67, placement.md 122: GET of a stored Placement', async () => {
    const { get } = await bound({ ...hub, placements: [stored(spec)] });
    const { status, headers, body } = await get('tenant/place');
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(body).toEqual(expected);
  });

  test('since-1.3.1.md 67, placement.md 123: POST of the same, whatever the rest of the path', async () => {
    const { ask } = await bound(hub);
    const { metadata } = stored();
    const text = JSON.stringify({ metadata, spec, status: { numberOfSelectedClusters: 7 } });
    const { status, headers, body } = await ask('POST', 'any/thing/else', text);
    expect([status, headers['content-type']]).toEqual([200, 'application/json']);
    expect(body).toEqual(expected);
  });

  test('placement.md 122: the order in which things are known is no matter', async () => {
    const { get } = await bound({
      ...hub,
      clusters: hub.clusters!.toReversed(),
      placements: [stored(spec)],
    });
    expect((await get('tenant/place')).body).toEqual(expected);
  });

  test('placement.md 123: Steady and taints see the decisions that there are, of a Placement that is sent too', async () => {
    const { post } = await bound({
      ...hub,
      clusters: [
        member('cluster1', 'set1'),
        {
          ...member('cluster2', 'set1'),
          spec: { hubAcceptsClient: true, taints: [{ key: 'new', effect: 'NoSelectIfNew' }] },
        },
      ],
      decisions: [own('cluster2')],
    });
    const { body } = await post(posted());
    expect(body).toMatchObject({
      aggregatedScores: [
        { clusterName: 'cluster2', score: 200 },
        { clusterName: 'cluster1', score: 100 },
      ],
    });
  });

  test('placement.md 124: no binding', async () => {
    const { get } = await bound({ ...hub, bindings: [], placements: [stored()] });
    const { body } = await get('tenant/place');
    expect(body['filteredPipelineResults']).toEqual([
      { name: 'Predicate', filteredClusters: [] },
      { name: 'Predicate,TaintToleration', filteredClusters: [] },
    ]);
    expect(Object.keys(body)).toEqual(['placement', 'filteredPipelineResults', 'status', 'conditions']);
    expect(body['conditions']).toMatchObject([
      { status: 'False', reason: 'NoManagedClusterSetBindings' },
      {},
    ]);
  });

  test('placement.md 125: one of two sets', async () => {
    const { get } = await bound({
      sets: [set('set1'), set('set2')],
      bindings: [binding('set1'), binding('set2')],
      clusters: [member('cluster1', 'set1'), member('cluster2', 'set2')],
      placements: [stored({ clusterSets: ['set2'] })],
    });
    expect((await get('tenant/place')).body).toMatchObject({
      aggregatedScores: [{ clusterName: 'cluster2', score: 100 }],
    });
  });

  test('P16: why nothing is decided', async () => {
    const { post } = await bound(hub);
    const celSelector = { celExpressions: ['managedCluster.'] };
    const { status, body } = await post(
      posted({ predicates: [{ requiredClusterSelector: { celSelector } }] }),
    );
    expect(status).toBe(200);
    expect(body['status']).toMatchObject({
      code: 'Misconfigured',
      plugin: 'Predicate',
      message: expect.stringContaining('compilation failed'),
    });
    expect(body['conditions']).toMatchObject([{}, { status: 'True', reason: 'Misconfigured' }]);
    expect(body).not.toHaveProperty('aggregatedScores');
  });

  test('P16: filters that came to an end are shown when another one, or a prioritizer, makes no sense', async () => {
    const { post } = await bound(hub);
    const tainted = await post(posted({ tolerations: [{ value: 'x' }] }));
    expect(tainted.body['filteredPipelineResults']).toMatchObject([{ name: 'Predicate' }]);
    const scored = await post(posted({ prioritizerPolicy: { mode: 'Other' } }));
    expect(scored.body).toMatchObject({
      filteredPipelineResults: [
        { name: 'Predicate' },
        { name: 'Predicate,TaintToleration', filteredClusters: ['cluster1', 'cluster3', 'cluster4'] },
      ],
      status: { code: 'Misconfigured' },
    });
  });
});

/** A server with its methods, which know it by themselves. */
const bound = async (on: Hub, replaced?: Partial<DebugDependencies>) => {
  const started = await start(on, replaced);
  return {
    started,
    ask: started.ask.bind(started),
    get: started.get.bind(started),
    post: started.post.bind(started),
  };
};

interface Refusal {
  method?: string;
  rest?: string;
  body?: string;
  headers?: Record<string, string>;
  /** Changes the server before it is asked. */
  given?: (debug: DebugServer) => void;
  replaced?: Partial<DebugDependencies>;
  on?: Hub;
  status: number;
  error: string | RegExp;
  /** How many permissions are asked for. */
  reviews?: number;
  header?: [name: string, value: string];
}

const failing = (): never => {
  throw new Error('the cache is broken');
};
const json = (value: unknown) => ({ method: 'POST', body: JSON.stringify(value) });
const methodNotAllowed = (method: string): [string, Refusal] => [
  `since-1.3.1.md 72, 76: ${method}`,
  {
    method,
    status: 405,
    error: `method ${method} not allowed`,
    reviews: 0,
    header: ['allow', 'GET, POST'],
  },
];

describe('what it refuses: an answer in JSON that has nothing but an error', () => {
  test.each<[string, Refusal]>([
    [
      'since-1.3.1.md 68, placement.md 130: no JSON',
      { method: 'POST', body: '{', status: 400, error: /^failed to unmarshal placement JSON: /, reviews: 0 },
    ],
    [
      'since-1.3.1.md 68: JSON of another kind',
      {
        ...json({ ...posted(), kind: 'Pod' }),
        status: 400,
        error: 'failed to unmarshal placement JSON: placement.kind must be one of Placement',
      },
    ],
    [
      'since-1.3.1.md 68: a list',
      { ...json([]), status: 400, error: 'failed to unmarshal placement JSON: it is no object' },
    ],
    [
      'since-1.3.1.md 68: a field of another type',
      {
        ...json(posted({ numberOfClusters: '3' })),
        status: 400,
        error:
          'failed to unmarshal placement JSON: placement.spec.numberOfClusters must be an integer of 32 bits',
      },
    ],
    [
      'since-1.3.1.md 68: nesting without an end',
      {
        method: 'POST',
        body: '['.repeat(mebibyte),
        status: 400,
        error: /^failed to unmarshal placement JSON/,
      },
    ],
    [
      'since-1.3.1.md 68 and 11.3, placement.md 130: 1 MiB and a byte, announced',
      {
        method: 'POST',
        body: ' '.repeat(mebibyte + 1),
        headers: { 'content-length': String(mebibyte + 1) },
        status: 413,
        error: 'request body too large: 1048577 bytes exceeds maximum of 1048576 bytes',
        reviews: 0,
      },
    ],
    [
      'since-1.3.1.md 68 and 11.3, placement.md 130: more than 1 MiB, not announced',
      {
        method: 'POST',
        body: ' '.repeat(3 * mebibyte),
        headers: { 'transfer-encoding': 'chunked' },
        status: 413,
        error: 'request body too large: exceeds maximum of 1048576 bytes',
        reviews: 0,
      },
    ],
    [
      'since-1.3.1.md 11.3: POST without a namespace',
      {
        ...json({ metadata: { name: 'place' } }),
        status: 400,
        error: 'invalid placement: metadata.namespace and metadata.name are required',
        reviews: 0,
      },
    ],
    [
      'since-1.3.1.md 11.3: POST without a name',
      {
        ...json({ metadata: { namespace: 'tenant' }, spec: {} }),
        status: 400,
        error: 'invalid placement: metadata.namespace and metadata.name are required',
      },
    ],
    [
      'since-1.3.1.md 11.3: POST of a namespace that cannot be',
      { ...json({ metadata: { namespace: 'a/b', name: 'x' } }), status: 400, error: /metadata\.namespace/ },
    ],
    [
      'since-1.3.1.md 68: GET of a/b/c',
      { rest: 'a/b/c', status: 400, error: 'unexpected key format: "a/b/c"', reviews: 0 },
    ],
    [
      'since-1.3.1.md 68: GET of a name only',
      { rest: 'place', status: 400, error: 'invalid debug path: namespace and name required', reviews: 0 },
    ],
    [
      'since-1.3.1.md 11.3: GET of a namespace only',
      { rest: 'tenant/', status: 400, error: 'invalid debug path: namespace and name required' },
    ],
    [
      'since-1.3.1.md 69, placement.md 131: no such Placement',
      { rest: 'tenant/none', status: 404, error: "placement 'none' not found", reviews: 1 },
    ],
    [
      'since-1.3.1.md 70: Placements cannot be looked up',
      { replaced: { placements: { get: failing } }, status: 500, error: 'the cache is broken' },
    ],
    [
      'since-1.3.1.md 70: bindings and sets cannot be looked up',
      {
        replaced: { scheduler: { choose: failing, filter: failing, decide: failing } },
        status: 500,
        error: 'the cache is broken',
      },
    ],
    [
      'since-1.3.1.md 70: it cannot be told which clusters a set has',
      {
        on: {
          ...hub,
          sets: [
            {
              metadata: { name: 'set1' },
              spec: {
                clusterSelector: {
                  selectorType: 'LabelSelector',
                  labelSelector: { matchExpressions: [{ key: 'a', operator: 'Like', values: ['b'] }] },
                },
              },
            } as never,
          ],
        },
        status: 500,
        error: /^ManagedClusterSet "set1" has an invalid selector/,
      },
    ],
    [
      'since-1.3.1.md 71, placement.md 126: a caller without a name',
      {
        given: (debug) => (debug.caller = { username: '' }),
        status: 401,
        error: 'user information not found in request context',
        reviews: 0,
      },
    ],
    [
      'since-1.3.1.md 76: a caller whom the API server does not know',
      {
        given: (debug) => (debug.caller = undefined),
        status: 401,
        error: 'Unauthorized',
        header: ['www-authenticate', 'Bearer'],
      },
    ],
    [
      'since-1.3.1.md 71: a caller who may not get',
      {
        given: (debug) => (debug.judge = () => ({ allowed: false, reason: 'no rule' })),
        status: 403,
        error: 'user does not have permission to get placements in namespace tenant: no rule',
      },
    ],
    [
      'since-1.3.1.md 71, placement.md 127: a caller who may not create',
      {
        ...json(posted()),
        given: (debug) => (debug.judge = () => ({ allowed: false, reason: 'no rule' })),
        status: 403,
        error: 'user does not have permission to create placements in namespace tenant: no rule',
      },
    ],
    [
      'since-1.3.1.md 75: a caller without rights learns nothing of a Placement that is not there',
      {
        rest: 'tenant/none',
        given: (debug) => (debug.judge = () => ({ allowed: false, reason: '' })),
        status: 403,
        error: 'user does not have permission to get placements in namespace tenant: ',
      },
    ],
    [
      'since-1.3.1.md 71, placement.md 128: the API server gives no answer',
      {
        given: (debug) =>
          (debug.judge = () => {
            throw new Error('it is away');
          }),
        status: 500,
        error: 'failed to check permissions: it is away',
      },
    ],
    [
      'before all is known',
      {
        replaced: { isInStep: () => false },
        status: 503,
        error: 'what the hub has is still being read: try again',
        reviews: 0,
        header: ['retry-after', '1'],
      },
    ],
    methodNotAllowed('PUT'),
    methodNotAllowed('PATCH'),
    methodNotAllowed('DELETE'),
    methodNotAllowed('OPTIONS'),
  ])('%s', async (_name, refusal) => {
    const { method = 'GET', rest = 'tenant/place', body, headers, given, replaced, on = hub } = refusal;
    const { started, ask } = await bound({ placements: [stored()], ...on }, replaced);
    given?.(started);
    const reply = await ask(method, rest, body, headers);
    expect(reply.status).toBe(refusal.status);
    expect(reply.headers['content-type']).toBe('application/json');
    expect(reply.body).toEqual({
      error: typeof refusal.error === 'string' ? refusal.error : expect.stringMatching(refusal.error),
    });
    const [name, value] = refusal.header ?? [];
    if (name) expect(reply.headers[name]).toBe(value);
    if (refusal.reviews !== undefined) expect(started.reviews).toHaveLength(refusal.reviews);
  });

  test('since-1.3.1.md 72: HEAD, whose answer has no body', async () => {
    const { started, ask } = await bound(hub);
    const { status, headers, body } = await ask('HEAD', 'tenant/place');
    expect([status, headers['allow'], headers['content-type'], body]).toEqual([
      405,
      'GET, POST',
      'application/json',
      {},
    ]);
    expect(started.reviews).toEqual([]);
  });
});

test('since-1.3.1.md 73, placement.md 129: what is asked of the API server', async () => {
  const { started, get, post } = await bound({ ...hub, placements: [stored()] });
  const { username, ...others } = { username: 'u', uid: '7', groups: ['g', 'h'], extra: { scopes: ['s'] } };
  started.caller = { username, ...others };
  await get('tenant/place');
  await post(posted());
  const asked = (verb: string): Partial<SubjectAccessReview> => ({
    metadata: { name: '' },
    spec: {
      user: username,
      ...others,
      resourceAttributes: {
        namespace: 'tenant',
        verb,
        group: 'cluster.open-cluster-management.io',
        version: 'v1beta1',
        resource: 'placements',
      },
    },
  });
  expect(started.reviews).toEqual([asked('get'), asked('create')]);
});

describe('an expression that burns its budget on each of many clusters', () => {
  const numbers = JSON.stringify(Array.from({ length: 300 }, (_, at) => at));
  const celExpressions = [`${numbers}.all(a, ${numbers}.all(b, ${numbers}.all(c, a + b + c >= 0)))`];
  const burning = posted({ predicates: [{ requiredClusterSelector: { celSelector: { celExpressions } } }] });
  const large: Hub = {
    ...hub,
    clusters: Array.from({ length: 5000 }, (_, at) => member(`cluster${at}`, 'set1')),
    placements: [stored({ numberOfClusters: 1 })],
  };

  test('holds up nobody but who sent it', async () => {
    const { started, ask } = await bound(large);
    let isAnswered = false;
    const mallory = { authorization: 'Bearer mallory' };
    const theirs = [0, 1, 2].map(() =>
      ask('POST', '', JSON.stringify(burning), mallory).finally(() => (isAnswered = true)),
    );
    const ends = Promise.allSettled(theirs);
    expect((await ask('GET', 'tenant/place')).status).toBe(200);
    expect(isAnswered).toBe(false);
    // With the server goes the connection, and with that the work.
    await started.stop();
    server = undefined;
    expect((await ends).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
