import { describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderKubeconfig } from '../../runtime/client/kubeconfig/kubeconfig-writer.ts';
import { certificateUser, currentCluster, hubKubeconfig, isSameHub } from './kubeconfig.ts';
import { asksForRestart } from './bootstrap-secret.ts';
import { writeSecretFiles } from './secret-files.ts';
import { isHubKubeconfigValid, watchedValidity } from './validity.ts';

const identity = { clusterName: 'c1', agentName: 'a1' };
const bootstrap = renderKubeconfig(
  { server: 'https://hub', caData: 'authority', proxyUrl: 'http://proxy', token: 't' },
  { cluster: 'hub' },
);
const hub = hubKubeconfig(bootstrap, certificateUser);

interface Files {
  'bootstrap.kubeconfig'?: string;
  kubeconfig?: string;
  'tls.crt'?: string;
  'tls.key'?: string;
  'config.yaml'?: string;
}

const certificateFor = (folder: string, commonName: string, days = 10): string => {
  const args = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    'k',
  ];
  execFileSync('openssl', [...args, '-days', `${days}`, '-subj', `/CN=${commonName}`, '-out', 'c'], {
    cwd: folder,
    stdio: 'ignore',
  });
  return execFileSync('cat', ['c'], { cwd: folder, encoding: 'utf8' });
};

const withFiles = async <T>(
  files: (folder: string) => Files,
  use: (check: (now?: Date) => Promise<boolean>, folder: string) => Promise<T>,
): Promise<T> => {
  const folder = await mkdtemp(join(tmpdir(), 'validity-'));
  try {
    for (const [name, text] of Object.entries(files(folder)))
      if (text !== undefined) await writeFile(join(folder, name), text);
    const check = (now?: Date) =>
      isHubKubeconfigValid(
        {
          bootstrapKubeconfig: join(folder, 'bootstrap.kubeconfig'),
          hubKubeconfig: join(folder, 'kubeconfig'),
          directory: folder,
          identity,
        },
        now,
      );
    return await use(check, folder);
  } finally {
    await rm(folder, { recursive: true });
  }
};

const complete = (folder: string, commonName = 'system:open-cluster-management:c1:a1'): Files => ({
  'bootstrap.kubeconfig': bootstrap,
  kubeconfig: hub,
  'tls.crt': certificateFor(folder, commonName),
  'tls.key': 'key',
});

describe('validity of the hub kubeconfig', () => {
  test('everything in place is valid', () =>
    withFiles(complete, async (check) => expect(await check()).toBe(true)));

  test.each(['kubeconfig', 'tls.key', 'tls.crt'])('registration.md 34: without %s it is not', (name) =>
    withFiles(
      (folder) => ({ ...complete(folder), [name]: undefined }),
      async (check) => expect(await check()).toBe(false),
    ),
  );

  test.each(['kubeconfig', 'bootstrap.kubeconfig'])(
    'registration.md 36: an unreadable %s is an error',
    (name) =>
      withFiles(
        (folder) => ({ ...complete(folder), [name]: 'apiVersion: v1\nclusters: []\ncurrent-context: x\n' }),
        async (check) => {
          await expect(check()).rejects.toThrow('kubeconfig does not contains context: x');
        },
      ),
  );

  test.each([
    'system:open-cluster-management:c2:a1',
    'system:open-cluster-management:c1:a2',
    'system:open-cluster-management:c1',
    'system:open-cluster-management:c1:a1:x',
    'other',
  ])('registration.md 37: a certificate for %s is not ours', (commonName) =>
    withFiles(
      (folder) => complete(folder, commonName),
      async (check) => expect(await check()).toBe(false),
    ),
  );

  test('registration.md 38: an expired certificate anywhere in the chain does not count', () =>
    withFiles(
      (folder) => {
        const files = complete(folder);
        return { ...files, 'tls.crt': files['tls.crt'] + certificateFor(folder, 'authority', 1) };
      },
      async (check) => {
        expect(await check()).toBe(true);
        expect(await check(new Date(Date.now() + 2 * 86_400_000))).toBe(false);
      },
    ));

  test('registration.md 5.2: a credential for gRPC is none for the API server, nor the other way round', () =>
    withFiles(
      (folder) => ({ ...complete(folder), 'config.yaml': 'url: h:1' }),
      async (check, folder) => {
        expect(await check()).toBe(false);
        const files = {
          bootstrapKubeconfig: join(folder, 'bootstrap.kubeconfig'),
          hubKubeconfig: join(folder, 'kubeconfig'),
          directory: folder,
          identity,
          usesGrpc: true,
        };
        expect(await isHubKubeconfigValid(files)).toBe(true);
        await rm(join(folder, 'config.yaml'));
        expect(await isHubKubeconfigValid(files)).toBe(false);
      },
    ));

  test('an unreadable certificate is not valid', () =>
    withFiles(
      (folder) => ({ ...complete(folder), 'tls.crt': 'nonsense' }),
      async (check) => expect(await check()).toBe(false),
    ));
});

test('registration.md 45: an agent that bootstraps is healthy, one that has bootstrapped for as long as its certificate is valid', () =>
  withFiles(complete, async (check, folder) => {
    let now = new Date();
    const health = watchedValidity(() => check(now));
    const years = new Date(Date.now() + 3_650 * 86_400_000);
    now = years;
    await health.check();
    health.begin();
    await expect(health.check()).rejects.toThrow(
      /^the client certificate expires and rebootstrap is required\.$/,
    );
    now = new Date();
    await health.check();
    await writeFile(join(folder, 'kubeconfig'), 'apiVersion: v1\nclusters: []\ncurrent-context: x\n');
    await expect(health.check()).rejects.toThrow('kubeconfig does not contains context: x');
  }));

describe('kubeconfigs', () => {
  const other = (change: object, cluster = 'hub') =>
    renderKubeconfig(
      { server: 'https://hub', caData: 'authority', proxyUrl: 'http://proxy', token: 't', ...change },
      { cluster },
    );

  test.each([
    ['server', other({ server: 'https://other' })],
    ['proxy', other({ proxyUrl: undefined })],
    ['authority data', other({ caData: 'other' })],
    ['authority file', other({ caData: undefined, caFile: '/ca' })],
    ['name in its certificate', other({ tlsServerName: 'hub.example.com' })],
    ['name of the cluster', other({}, 'rebuilt')],
  ])('registration.md 35, 48: another %s is another hub', (_what, text) => {
    expect(isSameHub(text, hub)).toBe(false);
    expect(isSameHub(bootstrap, hub)).toBe(true);
  });

  test('registration.md 18, 19: the hub kubeconfig keeps the way to the hub and names files for the credential', () => {
    expect(currentCluster(hub)).toEqual({
      name: 'hub',
      cluster: {
        server: 'https://hub',
        'certificate-authority-data': Buffer.from('authority').toString('base64'),
        'proxy-url': 'http://proxy',
      },
    });
    expect(hub).toContain('current-context: default-context');
    expect(hub).toContain('namespace: configuration');
    expect(hub).toContain('client-certificate: tls.crt\n');
    expect(hub).not.toContain('token');
  });
});

describe('files of the secret', () => {
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

  test('registration.md 52, D28: private files, rewritten only when they differ, removed with their key', () =>
    withFiles(
      () => ({}),
      async (_check, parent) => {
        const folder = join(parent, 'hub');
        const data = { 'tls.key': encoded('k'), kubeconfig: encoded('c') };

        expect(await writeSecretFiles(folder, data)).toEqual(['tls.key', 'kubeconfig']);
        expect(await modeOf(folder)).toBe(0o700);
        expect(await modeOf(join(folder, 'tls.key'))).toBe(0o600);
        expect(await writeSecretFiles(folder, data)).toEqual([]);

        await writeFile(join(folder, 'foreign'), 'kept');
        expect(await writeSecretFiles(folder, { 'tls.key': encoded('new') })).toEqual([
          'tls.key',
          'kubeconfig',
        ]);
        expect(await readFile(join(folder, 'tls.key'), 'utf8')).toBe('new');
        expect(await readFile(join(folder, 'foreign'), 'utf8')).toBe('kept');
        await expect(readFile(join(folder, 'kubeconfig'))).rejects.toThrow('ENOENT');
      },
    ));
});

describe('the bootstrap secret', () => {
  const secret = (data: Record<string, string>, labels = {}, name = 'bootstrap') => ({
    metadata: { name, labels },
    data,
  });
  const before = secret({ kubeconfig: 'a' });

  test.each([
    ['changed data', { type: 'updated', previous: before, object: secret({ kubeconfig: 'b' }) }, true],
    [
      'changed labels',
      { type: 'updated', previous: before, object: secret({ kubeconfig: 'a' }, { l: '1' }) },
      false,
    ],
    ['its deletion', { type: 'deleted', object: before }, true],
    ['its arrival', { type: 'added', object: before }, false],
    ['another secret', { type: 'deleted', object: secret({}, {}, 'other') }, false],
  ] as const)('registration.md 44: %s', (_what, change, expected) => {
    expect(asksForRestart(change, 'bootstrap')).toBe(expected);
  });
});
