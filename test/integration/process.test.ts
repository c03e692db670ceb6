import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { selfSignedCertificate } from '../../operators/runtime/process/serving/self-signed.ts';
import { bundleOptions } from '../../scripts/build.ts';
import { cpuSeconds, readAuditLog, startControlPlane, waitFor, writesOf } from '../cluster/index.ts';
import type { ControlPlane } from '../cluster/index.ts';
import { freePort } from '../cluster/ports.ts';
import { Child, fetchFrom } from './process/child.ts';
import { dialTls } from './process/tls.ts';

const namespace = 'toys';
let folder: string;
let program: string;
let hub: ControlPlane;
const children: Child[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'process-'));
  program = join(folder, 'toy');
  await build(bundleOptions(join(import.meta.dirname, 'process/program.ts'), program));
  hub = await startControlPlane({ name: 'process', audit: true });
  await hub.kubectl(['create', 'namespace', namespace]);
});

afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill();
    await child.ended;
  }
});

afterAll(async () => {
  await hub?.stop();
  rmSync(folder, { recursive: true });
});

const run = (...args: string[]): Child => {
  const child = new Child(program, args, { POD_NAME: 'pod-1' });
  children.push(child);
  return child;
};

/** A controller on a port of its own. */
const startController = async (...args: string[]) => {
  const port = await freePort();
  const child = run(
    'controller',
    `--listen=127.0.0.1:${port}`,
    `--kubeconfig=${hub.kubeconfigPath}`,
    `--namespace=${namespace}`,
    ...args,
  );
  return Object.assign(child, { port });
};

const leading = (child: Child) => waitFor('leadership', async () => child.line('became leader'));
const healthy = (port: number) =>
  waitFor('health', async () => (await fetchFrom(port, '/healthz')).status === 200, { interval: 10 });

const leaseField = async (path: string): Promise<string> =>
  hub.kubectl(['get', 'lease', '-n', namespace, 'toy-lock', '-o', `jsonpath={${path}}`]);

describe('command line', () => {
  test('operator.md 9.1 row 1: without a command the help, and exit code 1', async () => {
    const child = run();
    expect(await child.ended).toBe(1);
    expect(child.out).toMatch(/Usage:\n {2}toy \[command\]/);
  });

  test('--version and --help exit 0', async () => {
    const [version, help] = [run('--version'), run('controller', '--help')];
    expect(await version.ended).toBe(0);
    expect(version.out).toBe('toy version v1.2.3\n');
    expect(await help.ended).toBe(0);
    for (const flag of ['fail', 'kubeconfig', 'leader-election-lease-duration', 'v,'])
      expect(help.out).toContain(`-${flag}`);
  });

  test.each([
    [['nope'], /unknown command "nope" for "toy"/],
    [['controller', '--nope'], /unknown flag: --nope/],
    [['webhook', '--tls-min-version=TLS9'], /unknown tls version "TLS9"/],
  ])('%j: an error on standard error, exit code 1', async (args, message) => {
    const child = run(...args);
    expect(await child.ended).toBe(1);
    expect(child.err).toMatch(message);
  });
});

describe('leader election', () => {
  test('operator.md 9.1 row 4: Lease <component>-lock with the default times; an Event says who leads', async () => {
    const child = await startController();
    await leading(child);
    expect(await leaseField('.spec.leaseDurationSeconds')).toBe('137');
    const holder = await leaseField('.spec.holderIdentity');
    expect(holder).toMatch(/^.+_[0-9a-f-]{36}$/);
    const messages = () =>
      hub.kubectl([
        'get',
        'events',
        '-n',
        namespace,
        '--field-selector=reason=LeaderElection',
        '-o',
        'jsonpath={.items[*].message}',
      ]);
    await waitFor('event', async () => (await messages()).includes(`${holder} became leader`));
    expect(await child.terminate()).toBe(0);
    expect(await messages()).toContain(`${holder} stopped leading`);
    expect(await leaseField('.spec.holderIdentity')).toBe('');
  });

  test('registration.md 12 row 158: one of two replicas leads, both answer probes; on SIGTERM the other takes over at once', async () => {
    // Who does not hear of the release looks at the lease again when the test is long over.
    const rarely = [
      '--leader-election-lease-duration=60m',
      '--leader-election-renew-deadline=50m',
      '--leader-election-retry-period=20m',
    ];
    const [first, second] = [await startController(...rarely), await startController(...rarely)];
    const leader = await waitFor('one leader', async () =>
      [first, second].find((each) => each.line('became leader')),
    );
    const standby = leader === first ? second : first;
    await healthy(standby.port);
    expect(standby.line('became leader')).toBeUndefined();

    expect(await leader.terminate()).toBe(0);

    await waitFor('the other to lead', async () => standby.line('became leader'));
    expect(await standby.terminate()).toBe(0);
  });

  test('a leader whose lease is taken exits with 0', async () => {
    const child = await startController(
      '--leader-election-lease-duration=6s',
      '--leader-election-renew-deadline=4s',
      '--leader-election-retry-period=1s',
    );
    await leading(child);
    const patch = { spec: { holderIdentity: 'thief', leaseDurationSeconds: 60 } };
    await hub.kubectl([
      'patch',
      'lease',
      '-n',
      namespace,
      'toy-lock',
      '--type=merge',
      '-p',
      JSON.stringify(patch),
    ]);
    expect(await child.ended).toBe(0);
    expect(child.line('stopping: leadership lost')).toBeDefined();
    expect(await leaseField('.spec.holderIdentity')).toBe('thief');
    await hub.kubectl(['delete', 'lease', '-n', namespace, 'toy-lock']);
  });

  test('a leader that cannot reach the API server exits with 0 when its renew deadline has passed', async () => {
    const child = await startController(
      '--leader-election-lease-duration=6s',
      '--leader-election-renew-deadline=4s',
      '--leader-election-retry-period=1s',
    );
    await leading(child);
    hub.pause();
    try {
      expect(await child.ended).toBe(0);
    } finally {
      hub.resume();
    }
    await hub.kubectl(['delete', 'lease', '-n', namespace, 'toy-lock']);
  });

  test('the successor of a leader that was killed counts the time since its last renewal, not since its own start', async () => {
    const times = [
      '--leader-election-lease-duration=12s',
      '--leader-election-renew-deadline=8s',
      '--leader-election-retry-period=2s',
    ];
    const child = await startController(...times);
    await leading(child);
    child.kill();
    await child.ended;
    const renewed = Date.parse(await leaseField('.spec.renewTime'));
    await waitFor('the lease to run out', async () => Date.now() > renewed + 12_000);
    const looks = async () =>
      (await readAuditLog(hub.auditLogPath!)).filter(
        ({ verb, userAgent, objectRef }) =>
          verb === 'get' && userAgent?.startsWith('toy') && objectRef?.resource === 'leases',
      ).length;
    const before = await looks();
    const successor = await startController(...times);
    await leading(successor);
    // Once at its start, and at most twice until a leader that lives would have shown it: 2.4 s. The looks are 2 to 4.4 s
    // apart, so that there would be four before 12 s from its own start are over.
    expect((await looks()) - before).toBeLessThan(4);
    expect(await successor.terminate()).toBe(0);
  });
});

describe('a controller', () => {
  test('reconciles what comes, and once settled writes nothing but its lease', async () => {
    const child = await startController('--disable-leader-election', '-v=4');
    await healthy(child.port);
    await hub.kubectl(['create', 'configmap', '-n', namespace, 'world']);
    await hub.kubectl(['label', 'configmap', '-n', namespace, 'world', 'greet=yes']);
    const greeting = () =>
      hub.kubectl(['get', 'configmap', '-n', namespace, 'world', '-o', 'jsonpath={.data.greeting}']);
    await waitFor('greeting', async () => (await greeting()) === 'hello world');
    await waitFor(
      'reconcile of the result',
      async () => child.lines.filter(({ message }) => message === 'reconciled').length >= 2,
    );
    expect(child.line('reconciled')).toMatchObject({
      controller: 'greeter',
      key: `${namespace}/world`,
      durationMs: expect.any(Number),
      podName: 'pod-1',
    });
    expect(await child.terminate()).toBe(0);
    const writes = writesOf(await readAuditLog(hub.auditLogPath!)).filter(
      ({ userAgent, objectRef }) => userAgent?.startsWith('toy') && objectRef?.resource === 'configmaps',
    );
    expect(writes).toHaveLength(1);
  });
});

test('a kubeconfig with an exec plugin serves the bundle too', async () => {
  await hub.kubectl([
    'create',
    'clusterrolebinding',
    'toy',
    '--clusterrole=cluster-admin',
    `--serviceaccount=${namespace}:default`,
  ]);
  const token = (await hub.kubectl(['create', 'token', '-n', namespace, 'default'])).trim();
  const credential = {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token },
  };
  const plugin = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: 'echo',
    args: [JSON.stringify(credential)],
    interactiveMode: 'Never',
  };
  const kubeconfig = structuredClone(hub.kubeconfig);
  kubeconfig.users[0]!.user = { exec: plugin };
  const file = join(folder, 'exec.kubeconfig');
  writeFileSync(file, JSON.stringify(kubeconfig));
  const port = await freePort();
  const child = run(
    'controller',
    `--listen=127.0.0.1:${port}`,
    `--kubeconfig=${file}`,
    `--namespace=${namespace}`,
  );
  await leading(child);
  expect(await child.terminate()).toBe(0);
});

describe('serving', () => {
  test('operator.md 9.1 row 10: /healthz, /livez and /readyz are open; /metrics asks the API server', async () => {
    const account = (name: string) => `system:serviceaccount:${namespace}:${name}`;
    for (const name of ['reader', 'nobody'])
      await hub.kubectl(['create', 'serviceaccount', '-n', namespace, name]);
    await hub.kubectl([
      'create',
      'clusterrole',
      'metrics-reader',
      '--verb=get',
      '--non-resource-url=/metrics',
    ]);
    await hub.kubectl([
      'create',
      'clusterrolebinding',
      'metrics-reader',
      '--clusterrole=metrics-reader',
      `--serviceaccount=${namespace}:reader`,
    ]);
    const bearer = async (name: string) => ({
      authorization: `Bearer ${(await hub.kubectl(['create', 'token', '-n', namespace, name])).trim()}`,
    });
    const child = await startController('--disable-leader-election');
    await healthy(child.port);

    for (const probe of ['/healthz', '/livez', '/readyz'])
      expect(await fetchFrom(child.port, probe)).toEqual({ status: 200, text: 'ok' });
    expect((await fetchFrom(child.port, '/readyz?verbose')).text).toBe(
      '[+]ping ok\n[+]shutdown ok\nreadyz check passed\n',
    );

    expect((await fetchFrom(child.port, '/metrics')).status).toBe(401);
    expect((await fetchFrom(child.port, '/metrics', { authorization: 'Bearer forged' })).status).toBe(401);
    expect(await fetchFrom(child.port, '/metrics', await bearer('nobody'))).toEqual({
      status: 403,
      text: `user "${account('nobody')}" cannot get path "/metrics"\n`,
    });
    const reader = await bearer('reader');
    // Rights count a moment after they were given, and a refusal is remembered for some seconds.
    const text = await waitFor('metrics', async () => {
      const answer = await fetchFrom(child.port, '/metrics', reader);
      return answer.status === 200 && answer.text;
    });
    expect(text).toMatch(/^toys_build_info\{.*gitVersion="v1\.2\.3".*\} 1$/m);
    expect(text).toMatch(/^workqueue_depth\{controller="greeter",name="greeter"\} 0$/m);
    expect(text).toMatch(/^rest_client_requests_total\{code="201",host="[^"]+",method="POST"\} [1-9]/m);
    expect(text).toMatch(/^controller_runtime_max_concurrent_reconciles\{controller="greeter"\} 4$/m);
    await child.terminate();
  });

  test('a failing health check answers 500 and keeps its reason to the log', async () => {
    const child = await startController('--disable-leader-election', '--unhealthy');
    const { status, text } = await waitFor('answer', () => fetchFrom(child.port, '/healthz'));
    expect(status).toBe(500);
    expect(text).toBe('[+]ping ok\n[-]mood failed: reason withheld\nhealthz check failed\n');
    expect((await fetchFrom(child.port, '/livez')).status).toBe(200);
    expect(child.line('health check failed')).toMatchObject({
      check: 'mood',
      error: { message: 'a secret reason' },
    });
  });

  test('--tls-min-version=VersionTLS13 refuses TLS 1.2', async () => {
    const child = await startController('--disable-leader-election', '--tls-min-version=VersionTLS13');
    await healthy(child.port);
    expect(await dialTls(child.port, 'TLSv1.3')).toBe('TLSv1.3');
    await expect(dialTls(child.port, 'TLSv1.2')).rejects.toThrow();
  });

  // In time of the processor, which a busy machine does not stretch, and of the processor that this machine has.
  test('starts in less than twenty times what Node takes to start', async () => {
    const bare = spawn(process.execPath, ['--eval', 'setInterval(() => {}, 1e6); console.log()']);
    await once(bare.stdout, 'data');
    const floor = await cpuSeconds(bare.pid!);
    bare.kill();
    const child = await startController('--disable-leader-election');
    await healthy(child.port);
    expect(await cpuSeconds(child.process.pid!)).toBeLessThan(20 * floor);
  });
});

describe('the end of a process', () => {
  test('--terminate-on-files: a changed file ends it with 0 and the lease is released', async () => {
    const file = join(folder, 'watched');
    writeFileSync(file, '1');
    const child = await startController(`--terminate-on-files=${file}`, '--terminate-on-files=/missing');
    await leading(child);
    writeFileSync(file, '2');
    expect(await child.ended).toBe(0);
    expect(child.line(`stopping: file ${file} changed`)).toBeDefined();
    expect(await leaseField('.spec.holderIdentity')).toBe('');
  });

  test('--config: a changed file ends it with 0', async () => {
    const file = join(folder, 'config.yaml');
    const port = await freePort();
    const config = (size: string) => `servingInfo: { bindAddress: '127.0.0.1:${port}' }\n# ${size}\n`;
    writeFileSync(file, config('1'));
    const child = run(
      'controller',
      `--config=${file}`,
      '--disable-leader-election',
      `--kubeconfig=${hub.kubeconfigPath}`,
    );
    await healthy(port);
    expect(child.line('unable to identify the namespace of the process')).toMatchObject({
      level: 'warn',
      namespace: 'openshift-config-managed',
    });
    writeFileSync(file, config('2'));
    expect(await child.ended).toBe(0);
  });

  const kubeconfig = () => `--kubeconfig=${hub.kubeconfigPath}`;
  const inToys = `--namespace=${namespace}`;
  const alone = '--disable-leader-election';
  test.each<[string, () => string[], number, RegExp]>([
    [
      'an unreadable --config',
      () => [kubeconfig(), '--config=/missing'],
      255,
      /configuration file \/missing/,
    ],
    ['an unreadable --kubeconfig', () => ['--kubeconfig=/missing'], 255, /\/missing/],
    [
      'bad TLS flags',
      () => [kubeconfig(), '--tls-min-version=X'],
      255,
      /invalid TLS flags: unknown tls version/,
    ],
    ['no namespace for the lease', () => [kubeconfig()], 255, /namespace may not be empty/],
    [
      'a failure before leader election',
      () => [kubeconfig(), inToys, '--fail=prepare'],
      255,
      /cannot prepare/,
    ],
    [
      'a start error without leader election',
      () => [kubeconfig(), inToys, alone, '--fail=start'],
      255,
      /cannot start/,
    ],
    ['a start error of the leader', () => [kubeconfig(), inToys, '--fail=start'], 1, /cannot start/],
    ['controllers that return', () => [kubeconfig(), inToys, '--fail=return'], 1, /returned prematurely/],
  ])('operator.md 1.6: %s', async (_name, args, code, message) => {
    const child = run('controller', `--listen=127.0.0.1:${await freePort()}`, ...args());
    expect(await child.ended).toBe(code);
    expect(child.err).toMatch(message);
  });

  test('a port that is taken', async () => {
    const child = await startController(alone);
    await healthy(child.port);
    const other = run('controller', `--listen=127.0.0.1:${child.port}`, kubeconfig(), inToys, alone);
    expect(await other.ended).toBe(255);
    expect(other.err).toMatch(/EADDRINUSE/);
  });

  test('operator.md 1.6: controllers still running 10 s after SIGTERM end it with 1; meanwhile it is not ready', async () => {
    const child = await startController('--fail=hang', alone);
    await healthy(child.port);
    const began = performance.now();
    child.process.kill('SIGTERM');
    await waitFor('not ready', async () => (await fetchFrom(child.port, '/readyz')).status === 500);
    expect((await fetchFrom(child.port, '/healthz')).status).toBe(200);
    expect(await child.ended).toBe(1);
    expect(performance.now() - began).toBeGreaterThan(10_000);
    expect(child.err).toMatch(/work is still under way after 10 s/);
  });

  test('a second signal ends it at once with 1', async () => {
    const child = await startController('--fail=hang', alone);
    await healthy(child.port);
    child.process.kill('SIGTERM');
    await waitFor('the end to begin', async () => child.line('stopping: SIGTERM'));
    expect(await child.terminate()).toBe(1);
  });
});

describe('an admission server', () => {
  test('decides for the API server over TLS; health and metrics have ports of their own', async () => {
    const certDir = join(folder, 'certs');
    const [port, health, metrics] = [await freePort(), await freePort(), await freePort()];
    const child = run(
      'webhook',
      `--port=${port}`,
      `--health-probe-port=${health}`,
      `--metrics-port=${metrics}`,
      `--certdir=${certDir}`,
      `--kubeconfig=${hub.kubeconfigPath}`,
    );
    const get = async (url: string) => {
      const response = await fetch(url);
      return { status: response.status, text: await response.text() };
    };
    await waitFor('health', async () => (await get(`http://127.0.0.1:${health}/healthz`)).status === 200);
    expect((await get(`http://127.0.0.1:${health}/readyz`)).status).toBe(500);

    const { cert, key } = selfSignedCertificate(['127.0.0.1']);
    const { mkdirSync } = await import('node:fs');
    mkdirSync(certDir);
    writeFileSync(join(certDir, 'tls.crt'), cert);
    writeFileSync(join(certDir, 'tls.key'), key);
    await waitFor('readiness', async () => (await get(`http://127.0.0.1:${health}/readyz`)).status === 200);

    const webhook = (path: string) => ({
      name: `${path}.example.com`,
      clientConfig: {
        url: `https://127.0.0.1:${port}/${path}`,
        caBundle: Buffer.from(cert).toString('base64'),
      },
      rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      timeoutSeconds: 30,
    });
    const configuration = (kind: string, path: string) =>
      JSON.stringify({
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: `${kind}WebhookConfiguration`,
        metadata: { name: 'toy' },
        webhooks: [webhook(path)],
      });
    await hub.kubectl(['apply', '-f', '-'], configuration('Validating', 'validate'));
    await hub.kubectl(['apply', '-f', '-'], configuration('Mutating', 'mutate'));

    await waitFor('a refusal', async () => {
      try {
        await hub.kubectl(['create', 'configmap', '-n', namespace, 'bad', '--dry-run=server']);
      } catch (error) {
        return (error as Error).message.includes('kubernetes-admin may not have a bad one');
      }
      return false;
    });
    // The other configuration was made later.
    const labelOf = '-o=jsonpath={.metadata.labels.mutated}';
    const probe = ['create', 'configmap', '-n', namespace, 'probe', '--dry-run=server', labelOf];
    await waitFor('a label', async () => (await hub.kubectl(probe)) === 'yes');
    await hub.kubectl(['create', 'configmap', '-n', namespace, 'good']);
    expect(await hub.kubectl(['get', 'configmap', '-n', namespace, 'good', labelOf])).toBe('yes');
    expect((await get(`http://127.0.0.1:${metrics}/metrics`)).text).toMatch(
      /^controller_runtime_webhook_requests_total\{code="200",webhook="\/validate"\} [1-9]/m,
    );
    await hub.kubectl(['delete', 'validatingwebhookconfiguration,mutatingwebhookconfiguration', 'toy']);
    expect(await child.terminate()).toBe(0);
  });
});
