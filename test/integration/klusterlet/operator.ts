import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { takesAdmissionPolicies } from '../../../cli/cluster/required-apis.ts';
import type { DiscoveredResource } from '../../../operators/runtime/client/client.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../../operators/runtime/client/kubeconfig/load.ts';
import type { Deployment } from '../../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { type ControlPlane, patience, patienceFlag, toYaml, waitFor } from '../../cluster/index.ts';
import { createWorkspace, type Daemon, logTail, type Workspace } from '../../cluster/processes.ts';
import { installationOf } from '../installation.ts';
import { completeRollout } from '../rollout.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
export const operatorNamespace = 'open-cluster-management';

/** One control plane with the klusterlet operator installed from its bundle, and helpers to look at what it does. */
export interface Rig {
  readonly controlPlane: ControlPlane;
  apply(...objects: object[]): Promise<void>;
  /** Undefined when there is no such object. */
  find<T = UnknownObject>(kind: string, name: string, namespace?: string): Promise<T | undefined>;
  get<T = UnknownObject>(kind: string, name: string, namespace?: string): Promise<T>;
  list(kinds: string, ...args: string[]): Promise<UnknownObject[]>;
  /** Says of a Deployment that all its Pods are as it wants them. */
  rollOut(deployment: Deployment): Promise<void>;
  remove(kind: string, name: string, namespace?: string, ...args: string[]): Promise<void>;
  /** Starts the operator as its own ServiceAccount: it can do what its role and the admission policies allow. */
  start(env?: Record<string, string>, flags?: readonly string[]): Promise<void>;
  /** What the operator logged last. */
  log(): Promise<string>;
  /** Ends the operator. */
  end(): Promise<void>;
  dispose(): Promise<void>;
}

/** Installs the operator's own objects on a control plane, but for its Deployment: the tests run the process. */
export const rigOf = async (controlPlane: ControlPlane): Promise<Rig> => {
  const workspace: Workspace = await createWorkspace('klusterlet-operator');
  let daemon: Daemon | undefined;
  let starts = 0;
  const kubectl = controlPlane.kubectl.bind(controlPlane);
  const client = connect(loadConnection(controlPlane.kubeconfigPath), {
    userAgent: 'integration-test',
    requestTimeoutMs: patience,
  });
  /** A resource by one of the names that kubectl takes. */
  const resourceOf = async (kind: string) => {
    const isMeant = ({ plural, singular, shortNames }: DiscoveredResource) =>
      [plural, singular, ...shortNames].includes(kind);
    let found = (await client.discover()).find(isMeant);
    if (!found) {
      client.invalidateDiscovery();
      found = (await client.discover()).find(isMeant);
    }
    if (!found) throw new Error(`the API server serves no ${kind}`);
    return found;
  };
  const scope = (namespace?: string) => (namespace ? ['--namespace', namespace] : []);

  const rig: Rig = {
    controlPlane,
    async apply(...objects) {
      const list = { apiVersion: 'v1', kind: 'List', items: objects };
      await kubectl(['apply', '--server-side', '--filename', '-'], JSON.stringify(list));
    },
    // Looks come ten times a second: each through a kubectl of its own would take the processor from what is tested.
    async find<T>(kind: string, name: string, namespace?: string) {
      return (await client.find(await resourceOf(kind), name, namespace)) as T | undefined;
    },
    async get<T>(kind: string, name: string, namespace?: string) {
      const found = await rig.find<T>(kind, name, namespace);
      if (!found) throw new Error(`${kind} ${namespace ?? ''}/${name} does not exist`);
      return found;
    },
    async list(kinds, ...args) {
      const text = await kubectl(['get', kinds, ...args, '--output=json']);
      return (JSON.parse(text) as { items: UnknownObject[] }).items;
    },
    rollOut: (deployment) => completeRollout(client, deployment),
    async remove(kind, name, namespace, ...args) {
      await kubectl(['delete', kind, name, ...scope(namespace), '--ignore-not-found', ...args]);
    },
    async start(env = {}, flags = []) {
      const user = `system:serviceaccount:${operatorNamespace}:klusterlet`;
      const kubeconfig = await controlPlane.kubeconfigFor(user, [
        'system:serviceaccounts',
        'system:authenticated',
      ]);
      const path = join(workspace.folder, 'operator.kubeconfig');
      await writeFile(path, toYaml(kubeconfig));
      const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
      const started = workspace.start(`operator-${starts++}`, '/usr/bin/env', [
        ...variables,
        join(root, 'node_modules/.bin/node'),
        join(root, 'operators/registration-operator/main.ts'),
        'klusterlet',
        `--kubeconfig=${path}`,
        `--namespace=${operatorNamespace}`,
        '--listen=127.0.0.1:0',
        '--disable-leader-election',
        ...flags,
      ]);
      daemon = started;
    },
    log: () => (daemon ? logTail(daemon, 40) : Promise.resolve('the operator does not run')),
    async end() {
      await daemon?.end();
      daemon = undefined;
    },
    async dispose() {
      await workspace.dispose();
      await client.close();
    },
  };

  await rig.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } });
  const policies = await takesAdmissionPolicies(client);
  await rig.apply(...installationOf('klusterlet', operatorNamespace, policies));
  await kubectl([
    'wait',
    '--for=condition=Established',
    patienceFlag,
    'crd/klusterlets.operator.open-cluster-management.io',
  ]);
  await waitFor('Klusterlets to be found', async () => {
    await rig.list('klusterlets');
    return true;
  });
  return rig;
};

/** Waits, and says how the Klusterlet and its operator are when the wait was in vain. */
export const waitForKlusterlet = async <R>(
  rig: Rig,
  what: string,
  look: () => Promise<R | undefined | null | false>,
): Promise<R> => {
  try {
    return await waitFor(what, look);
  } catch (error) {
    const klusterlets = await rig.list('klusterlets');
    throw new Error(
      `${(error as Error).message}\n${JSON.stringify(klusterlets, null, 1)}\n${await rig.log()}`,
      { cause: error },
    );
  }
};
