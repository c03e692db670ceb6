import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Connection } from '../connection.ts';
import { parseKubeconfig, connectionOf } from './connection-of.ts';
import { KubeconfigError } from './kubeconfig.ts';
import { renderKubeconfig } from './kubeconfig-writer.ts';
import { inClusterConnection, loadConnection, readKubeconfigs } from './load.ts';

/** Without what errors say of the CA, which has a test of its own. */
const parsed = (text: string, options?: Parameters<typeof parseKubeconfig>[1]): Connection =>
  plain(parseKubeconfig(text, options));
const plain = ({ caSource: _source, ...connection }: Connection): Connection => connection;

const base64 = (text: string) => Buffer.from(text).toString('base64');

const full = `
apiVersion: v1
kind: Config
clusters:
- name: one
  cluster:
    server: https://one:6443/
    certificate-authority-data: ${base64('CA ONE')}
    tls-server-name: kubernetes
    proxy-url: http://proxy:3128
- name: two
  cluster: { server: "http://two:8080", certificate-authority: pki/ca.crt, insecure-skip-tls-verify: true }
users:
- name: cert
  user: { client-certificate: tls.crt, client-key: /abs/tls.key }
- name: data
  user: { client-certificate-data: ${base64('CERT')}, client-key-data: ${base64('KEY')} }
- name: token
  user: { token: abc, tokenFile: ./token }
- name: basic
  user: { username: u, password: p }
- name: acting
  user: { token: t, as: bob, as-uid: u1, as-groups: [a, b], as-user-extra: { scopes: [x, z] } }
- name: exec
  user: { exec: { apiVersion: client.authentication.k8s.io/v1, command: ./bin/login, args: [x] } }
- name: oidc
  user: { auth-provider: { name: oidc, config: { id-token: t } } }
contexts:
- { name: first, context: { cluster: one, user: cert, namespace: ns } }
- { name: second, context: { cluster: two, user: token } }
- { name: anonymous, context: { cluster: two } }
- { name: no-cluster, context: { cluster: three, user: token } }
- { name: no-user, context: { cluster: one, user: nobody } }
current-context: first
`;

describe('a kubeconfig', () => {
  const cases: [string, Parameters<typeof parseKubeconfig>[1], Connection][] = [
    [
      'gives its current context, paths relative to its folder',
      { folder: '/home/me' },
      {
        server: 'https://one:6443',
        caData: 'CA ONE',
        tlsServerName: 'kubernetes',
        proxyUrl: 'http://proxy:3128',
        certFile: '/home/me/tls.crt',
        keyFile: '/abs/tls.key',
        namespace: 'ns',
      },
    ],
    [
      'gives the context asked for',
      { context: 'second', folder: '/f' },
      {
        server: 'http://two:8080',
        caFile: '/f/pki/ca.crt',
        insecureSkipTlsVerify: true,
        token: 'abc',
        tokenFile: '/f/token',
      },
    ],
    [
      'takes an empty context, a flag not given, for none',
      { context: '', user: 'basic' },
      {
        server: 'https://one:6443',
        caData: 'CA ONE',
        tlsServerName: 'kubernetes',
        proxyUrl: 'http://proxy:3128',
        username: 'u',
        password: 'p',
        namespace: 'ns',
      },
    ],
    [
      'needs no user',
      { context: 'anonymous' },
      { server: 'http://two:8080', caFile: 'pki/ca.crt', insecureSkipTlsVerify: true },
    ],
    [
      'gives the user, cluster and namespace asked for',
      { user: 'acting', cluster: 'two', namespace: 'other' },
      {
        server: 'http://two:8080',
        caFile: 'pki/ca.crt',
        insecureSkipTlsVerify: true,
        token: 't',
        impersonate: { user: 'bob', uid: 'u1', groups: ['a', 'b'], extra: { scopes: ['x', 'z'] } },
        namespace: 'other',
      },
    ],
    [
      'decodes inline certificates',
      { context: 'anonymous', user: 'data' },
      {
        server: 'http://two:8080',
        caFile: 'pki/ca.crt',
        insecureSkipTlsVerify: true,
        certData: 'CERT',
        keyData: 'KEY',
      },
    ],
    [
      'keeps an exec plugin, its path relative to the folder',
      { context: 'anonymous', user: 'exec', folder: '/f' },
      {
        server: 'http://two:8080',
        caFile: '/f/pki/ca.crt',
        insecureSkipTlsVerify: true,
        exec: {
          exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/f/bin/login', args: ['x'] },
        },
      },
    ],
    [
      'keeps an auth provider',
      { context: 'anonymous', user: 'oidc' },
      {
        server: 'http://two:8080',
        caFile: 'pki/ca.crt',
        insecureSkipTlsVerify: true,
        exec: { 'auth-provider': { name: 'oidc', config: { 'id-token': 't' } } },
      },
    ],
  ];
  test.each(cases)('%s', (_name, options, connection) => {
    expect(parsed(full, options)).toEqual(connection);
  });

  test.each([
    ['one', 'certificate-authority-data of cluster "one" in ~/.kube/config'],
    ['two', 'certificate-authority of cluster "two" in ~/.kube/config'],
  ])('says where the CA of cluster %s is named', (cluster, caSource) => {
    expect(parseKubeconfig(full, { cluster, source: '~/.kube/config' })).toMatchObject({ caSource });
  });

  test('may be JSON', () => {
    const text = JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://c' } }],
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
      'current-context': 'x',
    });
    expect(parsed(text)).toEqual({ server: 'https://c' });
  });
});

const minimal = (cluster: string, user = '{}', more = '') => `
clusters: [{ name: c, cluster: ${cluster} }]
users: [{ name: u, user: ${user} }]
contexts: [{ name: x, context: { cluster: c, user: u } }]
current-context: x
${more}`;
const server = '{ server: "https://c" }';

describe('a kubeconfig that cannot be used says why', () => {
  const cases: [string, Parameters<typeof parseKubeconfig>[1], RegExp][] = [
    ['clusters: [', {}, /^here is neither YAML nor JSON: /],
    ['{"a', {}, /^here is neither YAML nor JSON: /],
    ['', {}, /^here is (neither YAML nor JSON|not a kubeconfig): /],
    ['just text', {}, /^here is not a kubeconfig: expected a mapping/],
    ['kind: Secret', {}, /^here is not a kubeconfig: its kind is "Secret"/],
    ['clusters: {}', {}, /^here: clusters must be a list/],
    ['clusters: [{}]', {}, /^here: clusters\[0\] has no name/],
    ['users: [{name: a, user: 1}]', {}, /^here: users\[0\]\.user must be a mapping/],
    ['users: [{name: a}, {name: a}]', {}, /^here: users names "a" twice/],
    ['current-context: 7', {}, /^here: current-context must be a string/],
    [
      'clusters: []',
      {},
      /^here: current-context is not set; there are none; set it with kubectl config use-context/,
    ],
    [full, { context: 'none' }, /asked for the unknown context "none"; known are "first", "second"/],
    [
      `${full.replace('current-context: first', 'current-context: gone')}`,
      {},
      /current-context names the unknown context "gone"/,
    ],
    [
      full,
      { context: 'no-cluster' },
      /unknown cluster "three"; known are "one", "two"; add it under clusters/,
    ],
    [full, { context: 'no-user' }, /unknown user "nobody"; known are "cert", /],
    [minimal('{}'), {}, /^here: server of cluster "c" is missing; set it to the URL/],
    [
      minimal('{ server: "c:6443" }'),
      {},
      /^here: server of cluster "c" is not a URL of the form https:\/\/host:port: "c:6443"/,
    ],
    [minimal('{ server: 5 }'), {}, /^here: server of cluster "c" must be a string; put it in quotes/],
    [
      minimal('{ server: "https://c", insecure-skip-tls-verify: "yes" }'),
      {},
      /insecure-skip-tls-verify of cluster "c" must be true or false/,
    ],
    [
      minimal('{ server: "https://c", certificate-authority-data: "%%" }'),
      {},
      /certificate-authority-data of cluster "c" is not base64; encode/,
    ],
    [minimal(server, '{ token: 12 }'), {}, /^here: token of user "u" must be a string; put it in quotes/],
    [minimal(server, '{ client-certificate: a }'), {}, /client-key of user "u" is missing/],
    [minimal(server, '{ client-key: a }'), {}, /client-certificate of user "u" is missing/],
    [minimal(server, '{ as-groups: [a] }'), {}, /as of user "u" is missing; impersonated groups need a user/],
    [minimal(server, '{ as: a, as-groups: [1] }'), {}, /as-groups of user "u" must be a list of strings/],
    [
      minimal(server, '{ as: a, as-user-extra: [1] }'),
      {},
      /as-user-extra of user "u" must map names to lists of strings/,
    ],
  ];
  test.each(cases)('%#: %j %j', (text, options, message) => {
    const read = () => parseKubeconfig(text, { ...options, source: 'here' });
    expect(read).toThrow(KubeconfigError);
    expect(read).toThrow(message);
  });

  test('without quoting a credential', () => {
    const read = () =>
      parseKubeconfig(minimal(server, '{ client-key-data: "s3cr3t!", client-certificate: a }'));
    expect(read).toThrow(KubeconfigError);
    expect(read).not.toThrow(/s3cr3t/);
  });
});

describe('kubeconfig files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubeconfig-'));
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const first = write(
    'a/one',
    'clusters: [{name: c, cluster: {server: "https://first", certificate-authority: ca.crt}}]',
  );
  const second = write(
    'b/two',
    minimal('{ server: "https://second", certificate-authority: ca.crt }', '{ tokenFile: token }'),
  );

  test('merge: the first that names an entry wins, and its paths stay its own', () => {
    const config = readKubeconfigs([first, join(folder, 'missing'), second]);
    expect(plain(connectionOf(config))).toEqual({
      server: 'https://first',
      caFile: join(folder, 'a/ca.crt'),
      tokenFile: join(folder, 'b/token'),
    });
  });

  test('that are all missing are named', () => {
    expect(() => readKubeconfigs([join(folder, 'missing')])).toThrow(
      /cannot read the kubeconfig: ENOENT.*missing/,
    );
  });

  test('are found by path, KUBECONFIG and home, in this order', () => {
    const home = join(folder, 'home');
    write('home/.kube/config', minimal('{ server: "https://home" }'));
    const serverOf = (path: string | undefined, env: Record<string, string>) =>
      loadConnection(path, { env, home }).server;
    expect(serverOf(second, { KUBECONFIG: first })).toBe('https://second');
    expect(serverOf(undefined, { KUBECONFIG: `${first}:${second}` })).toBe('https://first');
    expect(serverOf('', {})).toBe('https://home');
  });
});

describe("the Pod's service account", () => {
  const folder = mkdtempSync(join(tmpdir(), 'serviceaccount-'));
  const env = { KUBERNETES_SERVICE_HOST: '10.0.0.1', KUBERNETES_SERVICE_PORT: '443' };

  test('says what is missing', () => {
    expect(() => inClusterConnection({}, folder)).toThrow(/not in a Pod .* name a kubeconfig/);
    expect(() => inClusterConnection(env, folder)).toThrow(/cannot read the Pod's service account .*token/);
  });

  test('is read from its files', () => {
    for (const [name, text] of Object.entries({ token: 't', 'ca.crt': 'CA', namespace: 'ns\n' })) {
      writeFileSync(join(folder, name), text);
    }
    const files = { caFile: join(folder, 'ca.crt'), tokenFile: join(folder, 'token') };
    expect(inClusterConnection(env, folder)).toEqual({
      server: 'https://10.0.0.1:443',
      namespace: 'ns',
      ...files,
    });
    expect(inClusterConnection({ ...env, KUBERNETES_SERVICE_HOST: 'fd00::1' }, folder).server).toBe(
      'https://[fd00::1]:443',
    );
  });
});

describe('renderKubeconfig', () => {
  const text = fc.string({ minLength: 1, unit: 'grapheme' });
  const path = text.map((name) => `/${name}`);
  const connections = fc.record(
    {
      server: fc.webUrl({ validSchemes: ['https'] }).map((url) => url.replace(/\/+$/, '')),
      tlsServerName: text,
      caData: text,
      proxyUrl: text,
      insecureSkipTlsVerify: fc.constant(true),
      certFile: path,
      keyFile: path,
      token: text,
      tokenFile: path,
      username: text,
      password: text,
      namespace: text,
      impersonate: fc.record({
        user: text,
        groups: fc.array(text),
        extra: fc.dictionary(
          text.filter((key) => key !== '__proto__'),
          fc.array(text),
        ),
      }),
    },
    { requiredKeys: ['server', 'certFile', 'keyFile'] },
  );

  test('writes what parseKubeconfig reads', () => {
    fc.assert(
      fc.property(connections, (connection) => {
        expect(parsed(renderKubeconfig(connection))).toEqual(connection);
      }),
    );
  });

  test('writes the names that the upstream agent writes', () => {
    expect(
      renderKubeconfig({
        server: 'https://hub:6443',
        caData: 'CA',
        certFile: 'tls.crt',
        keyFile: 'tls.key',
        namespace: 'configuration',
      }),
    ).toBe(`apiVersion: "v1"
kind: "Config"
clusters:
- name: "default-cluster"
  cluster:
    certificate-authority-data: "${base64('CA')}"
    server: "https://hub:6443"
contexts:
- name: "default-context"
  context:
    cluster: "default-cluster"
    namespace: "configuration"
    user: "default-auth"
current-context: "default-context"
users:
- name: "default-auth"
  user:
    client-certificate: "tls.crt"
    client-key: "tls.key"
`);
  });

  test('carries an exec plugin through', () => {
    const connection = parsed(full, { context: 'anonymous', user: 'exec' });
    expect(parsed(renderKubeconfig(connection))).toEqual(connection);
  });
});

test('whatever the text, parsing gives a connection or a KubeconfigError', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      fc.string(),
      fc.constant(null),
      fc.integer(),
      fc.boolean(),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          'name',
          'cluster',
          'user',
          'context',
          'server',
          'token',
          'exec',
          'as',
          'as-groups',
          'namespace',
        ),
        tie('value'),
        { maxKeys: 4 },
      ),
    ),
  })).value;
  const config = fc.record(
    {
      clusters: value,
      users: value,
      contexts: value,
      'current-context': fc.oneof(fc.string(), value),
      kind: value,
    },
    { requiredKeys: [] },
  );
  const texts = fc.oneof(
    fc.string(),
    config.map((object) => JSON.stringify(object)),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        expect(parseKubeconfig(text).server).toMatch(/^https?:/i);
      } catch (error) {
        expect(error).toBeInstanceOf(KubeconfigError);
      }
    }),
    { numRuns: 2000 },
  );
});
