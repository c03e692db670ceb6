import { describe, expect, test } from '@jest/globals';
import { duration } from './age.ts';
import { type Found, printObjects } from './formats.ts';

const cluster = (name: string, extra: object = {}) => ({
  apiVersion: 'cluster.open-cluster-management.io/v1',
  kind: 'ManagedCluster',
  metadata: { name, labels: { 'a.b/c': name } },
  ...extra,
});
const conditions = [
  { type: 'Joined', status: 'True' },
  { type: 'Available', status: 'False' },
];
const all: Found = { all: [cluster('c1', { status: { conditions, big: 2n ** 60n } }), cluster('c2')] };
const one: Found = { one: cluster('c1') };

describe('formats of objects, as kubectl has them', () => {
  test.each<[string, Found, string]>([
    [
      'name',
      all,
      'managedcluster.cluster.open-cluster-management.io/c1\nmanagedcluster.cluster.open-cluster-management.io/c2\n',
    ],
    ['name', { all: [] }, ''],
    ['jsonpath={.items[*].metadata.name}', all, 'c1 c2'],
    ['jsonpath=.items[0].kind', all, 'ManagedCluster'],
    ['jsonpath=kind', one, 'ManagedCluster'],
    ['jsonpath={.metadata}', one, '{"labels":{"a.b/c":"c1"},"name":"c1"}'],
    ['jsonpath={.items[0].status.big}', all, '1152921504606846976'],
    ['jsonpath={.nothing}', one, ''],
    [
      String.raw`jsonpath={range .items[*]}{.metadata.name}{"={}\t"}{.metadata.labels.a\.b/c}{"\n"}{end}`,
      all,
      'c1={}\tc1\nc2={}\tc2\n',
    ],
    [
      'jsonpath={range .items[*]}{range .status.conditions[?(@.status=="True")]}{.type};{end}{end}',
      all,
      'Joined;',
    ],
    [
      'custom-columns=NAME:.metadata.name,Types:.status.conditions[*].type,X:{.status.conditions[0,1].status}',
      all,
      'NAME   Types              X\nc1     Joined,Available   True,False\nc2     <none>             <none>\n',
    ],
  ])('%s', (output, found, text) => {
    expect(printObjects(found, output)).toBe(text);
  });

  test.each([
    ['jsonpath=', 'needs a template'],
    ['jsonpath={.a', '-o jsonpath: unclosed action at position 0'],
    ['jsonpath={range .items}', '{range} without {end}'],
    ['jsonpath={end}', '{end} without {range}'],
    ['jsonpath={items', 'unclosed action'],
    ['jsonpath={.items[}', 'unterminated array'],
    ['custom-columns=', 'takes NAME:PATH pairs'],
    ['custom-columns=NAME', 'and NAME is none'],
    ['custom-columns=A:.a[', 'unterminated array'],
    ['go-template={{.a}}', 'is not offered here'],
  ])('%s is refused', (output, message) => {
    expect(() => printObjects(all, output)).toThrow(message);
  });

  test('another format is somebody else’s', () => {
    expect(printObjects(all, 'table')).toBeUndefined();
  });
});

test.each([
  [-5, '0s'],
  [119_000, '119s'],
  [121_000, '2m1s'],
  [600_000, '10m'],
  [3 * 3_600_000, '3h'],
  [3 * 3_600_000 + 60_000, '3h1m'],
  [47 * 3_600_000, '47h'],
  [50 * 3_600_000, '2d2h'],
  [400 * 86_400_000, '400d'],
])('%d ms are %s', (ms, text) => {
  expect(duration(ms)).toBe(text);
});
