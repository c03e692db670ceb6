import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:https';
import {
  type Role,
  type RoleBinding,
  type SubjectAccessReview,
  type TokenRequest,
  clusterRoleBindings,
  clusterRoles,
  namespaces,
  roleBindings,
  roles,
  serviceAccounts,
  subjectAccessReviews,
} from '../../../operators/runtime/client/kubernetes.ts';
import { placements } from '../../../operators/api/generated/cluster.ts';
import { waitFor } from '../../cluster/index.ts';
import { logStream } from '../../cluster/logs.ts';
import { repositoryFolder } from '../../cluster/paths.ts';
import { freePorts } from '../../cluster/ports.ts';
import type { PlacementRig } from './rig.ts';

export interface Reply {
  status: number;
  type: string | undefined;
  body: Record<string, unknown>;
}

type Subject = NonNullable<RoleBinding['subjects']>[number];

const asked = 'asks-placements';

/** A debug server, a process of its own, and ServiceAccounts that ask it. */
export class DebugProcess {
  readonly #rig: PlacementRig;
  readonly #process: ChildProcess;
  readonly #port: number;
  readonly #tokens = new Map<string, string>();

  private constructor(rig: PlacementRig, process: ChildProcess, port: number) {
    this.#rig = rig;
    this.#process = process;
    this.#port = port;
  }

  static async start(rig: PlacementRig): Promise<DebugProcess> {
    const [port = 0] = await freePorts(1);
    const child = spawn(
      process.execPath,
      [
        'operators/placement/main.ts',
        'debug',
        `--kubeconfig=${rig.hub.kubeconfigPath}`,
        `--listen=127.0.0.1:${port}`,
        '--disable-leader-election',
      ],
      { cwd: repositoryFolder, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    const log = logStream('placement-debug');
    child.stdout!.pipe(log, { end: false });
    child.stderr!.pipe(log, { end: false });
    await once(child, 'spawn');
    const debug = new DebugProcess(rig, child, port);
    await waitFor('the debug server', async () => (await debug.ask('', 'GET', '/readyz')).status === 200);
    return debug;
  }

  async stop(): Promise<void> {
    const ended = once(this.#process, 'exit');
    if (this.#process.exitCode === null && this.#process.kill('SIGTERM')) await ended;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null;
  }

  /** Makes a namespace whose ServiceAccounts may ask the debug server. */
  async users(namespace: string, verbs = ['get', 'post']): Promise<void> {
    const { client } = this.#rig;
    await client.create(namespaces, { metadata: { name: namespace } });
    const name = `${asked}-${namespace}`;
    await client.create(clusterRoles, {
      metadata: { name },
      rules: [{ nonResourceURLs: ['/debug/placements/*'], verbs }],
    });
    await client.create(clusterRoleBindings, {
      metadata: { name },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [groupOf(namespace)],
    });
    for (const verb of verbs)
      await this.#untilAllowed(groupOf(namespace), {
        nonResourceAttributes: { path: '/debug/placements/', verb },
      });
  }

  /** Permissions take a moment to be known, and refusals are remembered for some seconds. */
  async #untilAllowed(
    { kind, name, namespace }: Subject,
    what: Partial<SubjectAccessReview['spec']>,
  ): Promise<void> {
    const who =
      kind === 'Group'
        ? { user: 'somebody', groups: [name] }
        : { user: `system:serviceaccount:${namespace}:${name}` };
    await waitFor(`${name} to be allowed ${JSON.stringify(what)}`, async () => {
      const review = { metadata: { name: '' }, spec: { ...who, ...what } } as SubjectAccessReview;
      const { status } = await this.#rig.client.create(subjectAccessReviews, review);
      return status?.allowed;
    });
  }

  /** Makes a ServiceAccount that may do this with placements of a namespace; by default nothing. */
  async user(name: string, namespace: string, verbs: string[] = [], target = ''): Promise<void> {
    const { client } = this.#rig;
    await client.create(serviceAccounts, { metadata: { name, namespace } });
    if (verbs.length > 0) await this.allow({ kind: 'ServiceAccount', name, namespace }, verbs, target);
    const { status } = await client.createSubresource<TokenRequest>(
      serviceAccounts,
      { name, namespace },
      'token',
      { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { audiences: [] } },
    );
    this.#tokens.set(name, status!.token);
  }

  /** Lets somebody do this with placements of a namespace. */
  async allow(subject: Subject, verbs: string[], namespace: string): Promise<void> {
    const { client } = this.#rig;
    const name = `${subject.name.replaceAll(':', '-')}-${verbs.join('-')}`;
    const rules = [{ apiGroups: [placements.group], resources: [placements.plural], verbs }];
    await client.create<Role>(roles, { metadata: { name, namespace }, rules });
    await client.create(roleBindings, {
      metadata: { name, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name },
      subjects: [subject],
    });
    const { group, version, plural } = placements;
    for (const verb of verbs)
      await this.#untilAllowed(subject, {
        resourceAttributes: { namespace, verb, group, version, resource: plural },
      });
  }

  get(user: string, key: string): Promise<Reply> {
    return this.ask(user, 'GET', `/debug/placements/${key}`);
  }

  post(user: string, body: object | string): Promise<Reply> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.ask(user, 'POST', '/debug/placements/', text);
  }

  /** Asks as a user; as nobody when that is empty. */
  ask(user: string, method: string, path: string, body = ''): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const token = this.#tokens.get(user);
    const headers = {
      'content-length': Buffer.byteLength(body),
      ...(token && { authorization: `Bearer ${token}` }),
    };
    const options = { host: '127.0.0.1', port: this.#port, path, method, headers, agent: false };
    const outgoing = request({ ...options, rejectUnauthorized: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const type = response.headers['content-type'];
        resolve({
          status: response.statusCode!,
          type,
          body: type === 'application/json' ? JSON.parse(text) : { text },
        });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  }
}

/** All ServiceAccounts of a namespace. */
export const groupOf = (namespace: string) => ({
  apiGroup: 'rbac.authorization.k8s.io',
  kind: 'Group',
  name: `system:serviceaccounts:${namespace}`,
});
