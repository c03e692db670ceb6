import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers } from './api.ts';
import type { Access } from './api.ts';
import { auditPolicy } from './audit.ts';
import { ensureBinaryOf } from './binaries.ts';
import { apiServerFlags, controllerManagerFlags, etcdFlags, toArguments } from './components.ts';
import { certificateKubeconfig, toYaml } from './kubeconfig.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';
import { createPki, writePrivateFiles } from './pki.ts';
import type { Pki } from './pki.ts';
import { freePorts } from './ports.ts';
import { createWorkspace, logTail } from './processes.ts';
import type { Daemon, Workspace } from './processes.ts';
import { waitFor } from './wait.ts';

export interface ControlPlaneOptions {
  /** Names the cluster in its kubeconfig and its temporary folder; `controlplane` by default. */
  name?: string;
  /** Keep an audit log of all requests but those for Events; false by default. */
  audit?: boolean;
  /** An address of this machine, besides loopback, at which others may reach it: clusters in Docker, for example. */
  address?: string;
  /** Run etcd and the API server of an old Kubernetes (`oldKubernetesVersion`); false by default. */
  old?: boolean;
  /** Run a kube-controller-manager (CSR signing, service accounts, garbage collection, namespaces); true by default. */
  controllerManager?: boolean;
  /** Further arguments of each component, which override the library's. */
  extraArgs?: {
    etcd?: readonly string[];
    apiServer?: readonly string[];
    controllerManager?: readonly string[];
  };
}

/** A Kubernetes API without nodes: real processes on loopback, gone at the latest when this process ends. */
export interface ControlPlane {
  readonly name: string;
  /** https://127.0.0.1:PORT; the port stays the same over restarts. */
  readonly server: string;
  /** The same by the address that was asked for; `server` without one. */
  readonly externalServer: string;
  readonly caPem: string;
  /** The administrator's kubeconfig: as a file, as an object and as text. Certificates are inline. */
  readonly kubeconfigPath: string;
  readonly kubeconfig: Kubeconfig;
  readonly kubeconfigYaml: string;
  /** One audit.k8s.io/v1 Event per line (see readAuditLog); undefined without the option `audit`. */
  readonly auditLogPath: string | undefined;
  /** The temporary folder; component logs are in it. */
  readonly folder: string;
  /** A kubeconfig for anybody, by a certificate of the cluster's authority: for tests of permissions. */
  kubeconfigFor(user: string, groups?: readonly string[]): Promise<Kubeconfig>;
  /** Runs kubectl as the administrator and returns its stdout. `input` is given to its stdin. */
  readonly kubectl: Kubectl;
  /** Ends the API server (SIGTERM, SIGKILL after 1 s), starts it again with the same data, returns when ready. */
  restart(): Promise<void>;
  /** Ends the API server and leaves it down until `restart`: connections are refused. */
  shutdown(): Promise<void>;
  /** Keeps a copy of all data, for which the API server is down for a moment. */
  backup(): Promise<void>;
  /** Sets all data back to the last backup, as after a disaster: resource versions go back, too. */
  restore(): Promise<void>;
  /** Freezes the API server (SIGSTOP): connections hang without an answer. */
  pause(): void;
  resume(): void;
  /** Kills all processes and removes the folder. May be called twice. */
  stop(): Promise<void>;
}

const shutdownGrace = 1000;
const attempts = 3;

/** Throws as soon as a component has ended, with the end of its log. */
const mustRun = async (daemon: Daemon): Promise<void> => {
  const ended = daemon.ended();
  if (ended !== undefined)
    throw new ComponentEnded(`${daemon.name} ended (${ended}):\n${await logTail(daemon)}`);
};

class ComponentEnded extends Error {
  override readonly name = 'ComponentEnded';
}

/** Waits for a look to succeed, but not longer than all components run. */
const waitWhileRunning = async (
  what: string,
  daemons: readonly Daemon[],
  look: () => Promise<boolean>,
): Promise<void> => {
  const ended = await waitFor<true | ComponentEnded>(
    what,
    async () => {
      try {
        for (const daemon of daemons) await mustRun(daemon);
      } catch (error) {
        if (error instanceof ComponentEnded) return error;
        throw error;
      }
      return look();
    },
    { interval: 50 },
  );
  if (ended !== true) throw ended;
};

const createAccess = async (pki: Pki, server: string): Promise<Access> => ({
  server,
  caPem: pki.caPem,
  client: await pki.client('kubernetes-admin', ['system:masters']),
});

const startIn = async (
  workspace: Workspace,
  name: string,
  options: ControlPlaneOptions,
): Promise<ControlPlane> => {
  const { folder } = workspace;
  const [binary, pki, [etcdPort = 0, port = 0]] = await Promise.all([
    ensureBinaryOf('kubernetes'),
    createPki({ dnsNames: [], addresses: options.address === undefined ? [] : [options.address] }),
    freePorts(2),
  ]);
  const pkiFolder = join(folder, 'pki');
  const kubeconfigPath = join(folder, 'admin.kubeconfig');
  const access = await createAccess(pki, `https://127.0.0.1:${port}`);
  const kubeconfig = certificateKubeconfig(name, access.server, pki.caPem, 'kubernetes-admin', access.client);
  const kubeconfigYaml = toYaml(kubeconfig);
  const bindAddress = options.address === undefined ? '127.0.0.1' : '0.0.0.0';
  const audit = options.audit
    ? { policyPath: join(folder, 'audit-policy.yaml'), logPath: join(folder, 'audit.log') }
    : undefined;
  await writePrivateFiles(pkiFolder, pki.files);
  await writeFile(kubeconfigPath, kubeconfigYaml, { mode: 0o600 });
  if (audit) await writeFile(audit.policyPath, auditPolicy);

  const server = options.old ? await ensureBinaryOf('kubernetes-old') : binary;
  const component = (component: string, args: readonly string[], executable = binary): Daemon =>
    workspace.start(component, executable, [component, ...args]);
  const startApiServer = (): Daemon =>
    component(
      'kube-apiserver',
      [
        ...toArguments(apiServerFlags({ pkiFolder, etcdPort, port, bindAddress, hasNodes: false, audit })),
        ...(options.extraArgs?.apiServer ?? []),
      ],
      server,
    );

  const dataFolder = join(folder, 'etcd');
  const backupFolder = join(folder, 'etcd-backup');
  const startEtcd = (): Daemon =>
    component(
      'etcd',
      [...toArguments(etcdFlags(dataFolder, etcdPort)), ...(options.extraArgs?.etcd ?? [])],
      server,
    );
  let etcd = startEtcd();
  let apiServer = startApiServer();
  const apiServerReady = (): Promise<void> =>
    waitWhileRunning(`${name}: API server ready`, [etcd, apiServer], () => answers(access, '/readyz'));
  await apiServerReady();
  if (options.controllerManager ?? true) {
    const manager = component('kube-controller-manager', [
      ...toArguments(controllerManagerFlags(pkiFolder, kubeconfigPath)),
      ...(options.extraArgs?.controllerManager ?? []),
    ]);
    await waitWhileRunning(`${name}: default service account`, [etcd, apiServer, manager], () =>
      answers(access, '/api/v1/namespaces/default/serviceaccounts/default'),
    );
  }

  /** Does something with the data while nobody uses them. */
  const withDataAtRest = async (act: () => Promise<void>): Promise<void> => {
    await apiServer.end(shutdownGrace);
    await etcd.end();
    await act();
    etcd = startEtcd();
    apiServer = startApiServer();
    await apiServerReady();
  };

  return {
    name,
    server: access.server,
    externalServer: `https://${options.address ?? '127.0.0.1'}:${port}`,
    caPem: pki.caPem,
    kubeconfigPath,
    kubeconfig,
    kubeconfigYaml,
    auditLogPath: audit?.logPath,
    folder,
    kubeconfigFor: async (user, groups) =>
      certificateKubeconfig(name, access.server, pki.caPem, user, await pki.client(user, groups)),
    kubectl: kubectlWith(kubeconfigPath),
    async restart() {
      await apiServer.end(shutdownGrace);
      apiServer = startApiServer();
      await apiServerReady();
    },
    shutdown: () => apiServer.end(shutdownGrace),
    backup: () =>
      withDataAtRest(async () => {
        await rm(backupFolder, { recursive: true, force: true });
        await cp(dataFolder, backupFolder, { recursive: true });
      }),
    restore: () =>
      withDataAtRest(async () => {
        await rm(dataFolder, { recursive: true });
        await cp(backupFolder, dataFolder, { recursive: true });
      }),
    pause: () => apiServer.signal('SIGSTOP'),
    resume: () => apiServer.signal('SIGCONT'),
    stop: () => workspace.dispose(),
  };
};

const portWasTaken = (error: unknown): boolean =>
  error instanceof ComponentEnded && error.message.includes('address already in use');

/**
 * Starts etcd, kube-apiserver and (unless told otherwise) kube-controller-manager as plain processes on free loopback
 * ports and returns when they are ready, in about five seconds. The first call on a machine builds the binaries
 * (see ensureBinaries). Throws with the end of a component's log when that component does not stay up.
 */
export const startControlPlane = async (options: ControlPlaneOptions = {}): Promise<ControlPlane> => {
  const name = options.name ?? 'controlplane';
  for (let attempt = 1; ; attempt += 1) {
    const workspace = await createWorkspace(name);
    try {
      return await startIn(workspace, name, options);
    } catch (error) {
      await workspace.dispose();
      if (attempt === attempts || !portWasTaken(error)) throw error;
    }
  }
};
