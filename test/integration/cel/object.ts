/** What `object` is in the corpus. */
export const object = {
  a: { b: 'x' },
  l: [1, 2, 3],
  m: { x: 1, y: 2 },
  key: 'y',
  s: 'text of some length',
  i: 3,
  f: 1.5,
  t: true,
  n: null,
  q: '1500m',
  big: 9007199254740991,
  version: 'v1.31.2',
  created: '2024-05-06T07:08:09Z',
  items: [
    { name: 'one', tags: ['a', 'b'], memory: '1Gi' },
    { name: 'two', tags: [], memory: '512Mi' },
  ],
  metadata: { name: 'n', labels: { version: '1.15.2', app: 'web' } },
  claims: [
    { name: 'region', value: 'eu' },
    { name: 'kind', value: 'edge' },
  ],
  status: {
    phase: 'Running',
    active: 1,
    replicas: 3,
    readyReplicas: 2,
    conditions: [
      { type: 'Ready', status: 'True', message: 'all is well' },
      { type: 'Synced', status: 'False', message: 'not yet' },
    ],
  },
};
