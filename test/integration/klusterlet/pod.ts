import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Deployment, Secret } from '../../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, toYaml } from '../../cluster/index.ts';
import type { Daemon, Workspace } from '../../cluster/processes.ts';
import type { Rig } from './operator.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const programs: Record<string, string> = {
  '/registration': 'operators/registration/main.ts',
  '/work': 'operators/work/main.ts',
  '/registration-operator': 'operators/registration-operator/main.ts',
};

/** The files of a mounted secret; what they say of their own folder is made true of the folder that they are in. */
const filesOf = (secret: Secret, mountPath: string, path: string): [string, string][] =>
  Object.entries(secret.data ?? {}).map(([key, value]) => [
    key,
    Buffer.from(value, 'base64').toString().replaceAll(`${mountPath}/`, `${path}/`),
  ]);

/**
 * Does for a Deployment what a kubelet would, without a container: mounts its secrets as files, and runs its arguments
 * from source as its ServiceAccount, with no other permission. Run once more, it is the next container of the same Pod.
 * @param flags come after those of the Deployment, and win
 */
export const runPod = async (
  rig: Rig,
  controlPlane: ControlPlane,
  workspace: Workspace,
  deployment: Deployment,
  flags: readonly string[] = [],
): Promise<Daemon> => {
  const { name, namespace = '' } = deployment.metadata;
  const pod = deployment.spec?.template.spec;
  const container = pod?.containers[0];
  if (!pod || !container) throw new Error(`Deployment ${name} has no container`);
  const folder = join(workspace.folder, name);
  const folders = new Map<string, string>();
  for (const { name: volume, mountPath } of container.volumeMounts ?? []) {
    const path = join(folder, volume);
    await mkdir(path, { recursive: true });
    folders.set(mountPath, path);
    const secretName = pod.volumes?.find((each) => each.name === volume)?.secret?.secretName;
    if (!secretName) continue;
    const secret = await rig.get<Secret>('secret', secretName, namespace);
    for (const [key, content] of filesOf(secret, mountPath, path)) await writeFile(join(path, key), content);
  }
  const user = `system:serviceaccount:${namespace}:${pod.serviceAccountName ?? 'default'}`;
  const groups = ['system:serviceaccounts', 'system:authenticated', `system:serviceaccounts:${namespace}`];
  const kubeconfig = join(folder, 'service-account.kubeconfig');
  await writeFile(kubeconfig, toYaml(await controlPlane.kubeconfigFor(user, groups)));

  const inFolders = (text: string) => {
    const mount = [...folders].find(([mountPath]) => text.includes(`=${mountPath}/`));
    return mount ? text.replace(...mount) : text;
  };
  const [program = '', ...args] = container.args ?? [];
  const source = programs[program];
  if (!source) throw new Error(`Deployment ${name} runs ${program}, which is not ours`);
  const variables = (container.env ?? []).flatMap(({ name: variable, value }) =>
    value === undefined ? [] : [`${variable}=${value}`],
  );
  return workspace.start(name, '/usr/bin/env', [
    ...variables,
    join(root, 'node_modules/.bin/node'),
    join(root, source),
    ...args.map(inFolders),
    ...(program === '/work' ? [] : [`--hub-kubeconfig-dir=${folders.get('/spoke/hub-kubeconfig') ?? ''}`]),
    `--kubeconfig=${kubeconfig}`,
    `--namespace=${namespace}`,
    '--listen=127.0.0.1:0',
    ...flags,
  ]);
};

/** The port that a process started by {@link runPod} serves on, as its log tells. */
export const portOf = async (daemon: Daemon): Promise<number> => {
  const lines = (await readFile(daemon.logPath, 'utf8')).split('\n');
  const line = lines.find((each) => each.includes('"message":"serving"'));
  if (!line) throw new Error(`the log of ${daemon.logPath} names no port`);
  return (JSON.parse(line) as { port: number }).port;
};
