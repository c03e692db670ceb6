import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { chosenConnection, chosenContext } from './chosen-cluster.ts';

const kubeconfig = (name: string) => `
clusters: [{ name: ${name}, cluster: { server: 'https://${name}' } }]
contexts: [{ name: ${name}, context: { cluster: ${name} } }, { name: broken, context: { cluster: none } }]
current-context: ${name}
`;

let folder: string;
let home: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  home = join(folder, 'home');
  mkdirSync(join(home, '.kube'), { recursive: true });
  writeFileSync(join(home, '.kube/config'), kubeconfig('home'));
  for (const name of ['a', 'b']) writeFileSync(join(folder, name), kubeconfig(name));
});
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string) => join(folder, name);
const choice = (kubeconfigFlag = '', context = '') => ({ kubeconfig: kubeconfigFlag, context });

describe('chosenConnection (cli.md 1.3)', () => {
  test('--kubeconfig, then $KUBECONFIG, then the home folder, in a Pod too', () => {
    const env = {
      KUBECONFIG: [file('none'), file('b')].join(delimiter),
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
    };
    expect(chosenConnection(choice(file('a')), env, home).server).toBe('https://a');
    expect(chosenConnection(choice(), env, home).server).toBe('https://b');
    expect(chosenConnection(choice(), { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, home).server).toBe(
      'https://home',
    );
  });

  test('--context, over several files', () => {
    const env = { KUBECONFIG: [file('a'), file('b')].join(delimiter) };
    expect(chosenConnection(choice('', 'b'), env, home).server).toBe('https://b');
  });

  test('nothing there: what to do', () => {
    expect(() => chosenConnection(choice(), {}, folder)).toThrow(
      'there is no kubeconfig: name one with --kubeconfig or KUBECONFIG, or write ',
    );
    expect(() => chosenConnection(choice(), { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, folder)).toThrow(
      'not in a Pod',
    );
  });
});

describe('chosenContext (cli.md 4.4)', () => {
  test.each([
    ['', { known: true, cluster: 'a', clusterKnown: true }],
    ['broken', { known: true, cluster: 'none', clusterKnown: false }],
    ['none', { known: false, cluster: undefined, clusterKnown: false }],
  ])('the context %j', (context, found) => {
    expect(chosenContext(choice(file('a'), context), {}, home)).toEqual(found);
  });

  test('the service account of a Pod', () => {
    expect(chosenContext(choice(), { KUBERNETES_SERVICE_HOST: '10.0.0.1' }, folder)).toEqual({
      known: true,
      clusterKnown: true,
    });
  });
});
