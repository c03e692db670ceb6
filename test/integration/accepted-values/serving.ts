import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Deployment } from '../../../operators/runtime/client/kubernetes.ts';
import { selfSignedCertificate } from '../../../operators/runtime/process/serving/self-signed.ts';
import { freePorts } from '../../cluster/ports.ts';
import { createWorkspace, type Daemon, logTail } from '../../cluster/processes.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources: Record<string, string> = {
  '/registration': 'operators/registration/main.ts',
  '/server': 'operators/registration/server/main.ts',
  '/work': 'operators/work/main.ts',
  '/placement': 'operators/placement/main.ts',
  '/addon': 'operators/addon/main.ts',
  '/registration-operator': 'operators/registration-operator/main.ts',
};

/** Processes at a time. */
const atOnce = 4;

/** The command lines of the containers of Deployments. */
export const programsOf = (objects: readonly Deployment[]): string[][] =>
  objects
    .filter(({ kind }) => kind === 'Deployment')
    .flatMap(({ spec }) => spec?.template.spec?.containers.map(({ args = [] }) => args) ?? []);

export interface Serving {
  /** What each command line said for which no process served and then ended as it was told to. Each is tried once. */
  failuresOf(programs: readonly string[][]): Promise<string[]>;
  dispose(): Promise<void>;
}

const isHealthy = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const agent = new Agent({ rejectUnauthorized: false });
    const sent = request({ host: '127.0.0.1', port, path: '/healthz', agent }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    sent.on('error', () => resolve(false));
    sent.end();
  });

/** Where a process serves, as its log tells; undefined before it does. */
const portOf = async (daemon: Daemon, message: string): Promise<number | undefined> => {
  const line = (await readFile(daemon.logPath, 'utf8'))
    .split('\n')
    .find((each) => each.includes(`"message":"${message}"`));
  return line === undefined ? undefined : (JSON.parse(line) as { port: number }).port;
};

/** Starts operands and agents from source as their Pods would, with files where their Secrets are mounted. */
export const createServing = async (controlPlane: ControlPlane): Promise<Serving> => {
  const workspace = await createWorkspace('accepted-values');
  await controlPlane.kubectl(['create', 'namespace', 'open-cluster-management-agent']);
  const shared = join(workspace.folder, 'spoke');
  const files = ['bootstrap/kubeconfig', 'hub1/kubeconfig', 'hub2/kubeconfig', 'config/kubeconfig'];
  for (const file of files) {
    await mkdir(join(shared, file, '..'), { recursive: true });
    await writeFile(join(shared, file), controlPlane.kubeconfigYaml);
  }
  const certificates = join(workspace.folder, 'certificates');
  await mkdir(certificates);
  const { cert, key } = selfSignedCertificate(['127.0.0.1']);
  await writeFile(join(certificates, 'tls.crt'), cert);
  await writeFile(join(certificates, 'tls.key'), key);
  const serverConfig = join(workspace.folder, 'server.yaml');
  await writeFile(
    serverConfig,
    `server_bind_port: 0\ntls_cert_file: ${join(certificates, 'tls.crt')}\n` +
      `tls_key_file: ${join(certificates, 'tls.key')}\nclient_ca_file: ${join(certificates, 'tls.crt')}\n`,
  );
  const grpcConfig = `url: 127.0.0.1:1\ncaData: ${Buffer.from(cert).toString('base64')}\ntoken: token\n`;
  await writeFile(join(shared, 'bootstrap/config.yaml'), grpcConfig);
  let started = 0;

  const start = async (args: readonly string[]): Promise<Daemon> => {
    const [program = '', command = '', ...flags] = args;
    const source = sources[program];
    if (!source) throw new Error(`${program} is not ours`);
    const name = `process-${++started}`;
    const hub = join(workspace.folder, name);
    await mkdir(hub);
    if (program === '/work') {
      await writeFile(join(hub, 'kubeconfig'), controlPlane.kubeconfigYaml);
      await writeFile(join(hub, 'config.yaml'), grpcConfig);
    }
    const mounted = flags.map((flag) =>
      flag
        .replaceAll('/spoke/hub-kubeconfig', hub)
        .replaceAll('=/spoke/', `=${shared}/`)
        .replaceAll('/var/run/secrets/hub/grpc/certs', certificates)
        .replaceAll('/var/run/secrets/hub/grpc/config/config.yaml', serverConfig),
    );
    const ownFlags = async () => {
      if (command === 'webhook-server') {
        const [port, probes, metrics] = await freePorts(3);
        const open = (flag: string, value = 0) =>
          flags.some((each) => each.startsWith(`--${flag}=`) && !/=(0|-\d+)$/.test(each))
            ? [`--${flag}=${value}`]
            : [];
        return [
          `--port=${port}`,
          ...open('health-probe-port', probes),
          ...open('metrics-port', metrics),
          `--certdir=${certificates}`,
        ];
      }
      const isAgent = command === 'agent' && program !== '/work';
      return [
        '--namespace=default',
        ...(program === '/server' ? [] : ['--disable-leader-election']),
        '--listen=127.0.0.1:0',
        ...(isAgent ? [`--hub-kubeconfig-dir=${hub}`, `--hub-kubeconfig-secret=${name}`] : []),
      ];
    };
    return workspace.start(name, join(root, 'node_modules/.bin/node'), [
      join(root, source),
      command,
      ...mounted,
      `--kubeconfig=${controlPlane.kubeconfigPath}`,
      ...(await ownFlags()),
    ]);
  };

  /** Agents say last whom they ask to let them join, or why they cannot. */
  const hasBegun = async (daemon: Daemon, [program, command]: readonly string[]): Promise<boolean> =>
    command !== 'agent' ||
    program === '/work' ||
    /"message":"[^"]*(; bootstrapping|is not available in this version)/.test(
      await readFile(daemon.logPath, 'utf8'),
    );

  const failureOf = async (args: readonly string[]): Promise<string | undefined> => {
    const daemon = await start(args);
    const isWebhook = args[1] === 'webhook-server';
    const describe = async (what: string) =>
      `${args.join(' ')}\n  ${what}\n${(await logTail(daemon, 5)).slice(-1500)}`;
    try {
      await waitFor('it to serve', async () => {
        const end = daemon.ended();
        if (end !== undefined) return true;
        const port = await portOf(daemon, isWebhook ? 'serving webhooks' : 'serving');
        return (
          port !== undefined && (isWebhook || ((await isHealthy(port)) && (await hasBegun(daemon, args))))
        );
      });
    } catch (error) {
      const failure = await describe((error as Error).message);
      daemon.signal('SIGKILL');
      return failure;
    }
    if (daemon.ended() !== undefined) return describe(`ended with ${daemon.ended()}`);
    // What fails after it has begun to serve ends with another status.
    await daemon.end();
    return daemon.ended() === 'status 0' ? undefined : describe(`ended with ${daemon.ended()}`);
  };

  return {
    async failuresOf(programs) {
      const left = [...new Map(programs.map((args) => [JSON.stringify(args), args])).values()];
      const failures: string[] = [];
      const worker = async () => {
        for (let args = left.shift(); args; args = left.shift()) {
          const failure = await failureOf(args);
          if (failure !== undefined) failures.push(failure);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, worker));
      return failures;
    },
    dispose: () => workspace.dispose(),
  };
};
