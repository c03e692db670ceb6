import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type AppliedManifestWork,
  type ManifestWork,
  type ManifestWorkSpec,
  appliedManifestWorks,
  manifestWorks,
} from '../../../operators/api/generated/work.ts';
import type { EmbeddedObject } from '../../../operators/api/meta.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { Condition, KubeObject } from '../../../operators/runtime/client/object.ts';
import type { Resource } from '../../../operators/runtime/client/resource.ts';
import { hubHashOf } from '../../../operators/work/agent/start.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../../cluster/index.ts';
import { administratorOf } from '../administrator.ts';
import { type RunningAgent, installCrds, startAgent } from './agent.ts';

/** A hub, a managed cluster with its garbage collector, and the work agent between them. */
export interface WorkRig {
  readonly hub: ControlPlane;
  readonly spoke: ControlPlane;
  readonly onHub: Client;
  readonly onSpoke: Client;
  startAgent(): Promise<void>;
  stopAgent(): Promise<void>;
  /** What the agent has logged since it was started last. */
  agentLog(): Promise<string>;
  create(name: string, manifests: EmbeddedObject[], spec?: Partial<ManifestWorkSpec>): Promise<ManifestWork>;
  change(name: string, spec: Partial<ManifestWorkSpec>): Promise<ManifestWork>;
  remove(name: string): Promise<void>;
  /** The work; undefined when it is gone. */
  find(name: string): Promise<ManifestWork | undefined>;
  condition(name: string, type: string): Promise<Condition | undefined>;
  /** Waits until the work's Applied speaks of its present generation and is as wanted. */
  applied(name: string, status?: Condition['status']): Promise<ManifestWork>;
  /** Waits until a condition's message matches. */
  says(name: string, type: string, message: RegExp): Promise<Condition>;
  appliedWork(name: string): Promise<AppliedManifestWork | undefined>;
  gone(client: Client, resource: Resource<KubeObject>, name: string, namespace?: string): Promise<unknown>;
  stop(): Promise<void>;
}

export const cluster = 'cluster1';

/** Identity of the agent on the managed cluster, when it is not the administrator's. */
export interface RigOptions {
  name: string;
  args?: readonly string[];
  spokeUser?: string;
}

export const startWorkRig = async ({ name, args = [], spokeUser }: RigOptions): Promise<WorkRig> => {
  const [hub, spoke] = await Promise.all([
    startControlPlane({ name: `${name}-hub`, controllerManager: false, audit: true }),
    startControlPlane({ name: `${name}-spoke`, audit: true }),
  ]);
  await installCrds(hub, 'manifestworks.work.open-cluster-management.io');
  await installCrds(spoke, 'appliedmanifestworks.work.open-cluster-management.io');
  await hub.kubectl(['create', 'namespace', cluster]);
  const onHub = administratorOf(hub);
  const onSpoke = administratorOf(spoke);
  const identity: string[] = [];
  if (spokeUser) {
    const path = join(spoke.folder, 'agent-kubeconfig');
    await writeFile(path, JSON.stringify(await spoke.kubeconfigFor(spokeUser)));
    identity.push(`--spoke-kubeconfig=${path}`);
  }
  let agent: RunningAgent | undefined;

  const find = (work: string) => onHub.find(manifestWorks, work, cluster);
  const conditionOf = (work: ManifestWork | undefined, type: string) =>
    work?.status?.conditions?.find((each) => each.type === type);
  const rig: WorkRig = {
    hub,
    spoke,
    onHub,
    onSpoke,
    find,
    async startAgent() {
      agent = await startAgent({ hub, spoke, cluster, args: [...args, ...identity] });
    },
    async stopAgent() {
      await agent?.stop();
      agent = undefined;
    },
    agentLog: () => readFile(agent!.log, 'utf8'),
    create: (work, manifests, spec = {}) =>
      onHub.create(manifestWorks, {
        metadata: { name: work, namespace: cluster },
        spec: { workload: { manifests }, ...spec },
      }),
    change: (work, spec) =>
      onHub.patch(manifestWorks, { name: work, namespace: cluster }, { type: 'merge', body: { spec } }),
    async remove(work) {
      await onHub.delete(manifestWorks, { name: work, namespace: cluster });
    },
    condition: async (work, type) => conditionOf(await find(work), type),
    applied: (work, status = 'True') =>
      waitFor(`${work} to be Applied=${status}`, async () => {
        const found = await find(work);
        const condition = conditionOf(found, 'Applied');
        const isCurrent = condition?.observedGeneration === found?.metadata.generation;
        return isCurrent && condition?.status === status ? found : undefined;
      }),
    says: async (work, type, message) => {
      let last: Condition | undefined;
      return waitFor(`${type} of ${work} to say ${String(message)}`, async () => {
        last = conditionOf(await find(work), type);
        if (last && message.test(last.message)) return last;
        throw new Error(JSON.stringify(last));
      });
    },
    appliedWork: (work) => onSpoke.find(appliedManifestWorks, `${hubHashOf(hub.server)}-${work}`),
    gone: (client, resource, object, namespace) =>
      waitFor(
        `${resource.kind} ${object} to be gone`,
        async () => !(await client.find(resource, object, namespace)),
      ),
    async stop() {
      await rig.stopAgent();
      await Promise.all([onHub.close(), onSpoke.close()]);
      await Promise.all([hub.stop(), spoke.stop()]);
    },
  };
  return rig;
};

export const configMap = (
  name: string,
  data: Record<string, string> = { key: 'value' },
  metadata: object = {},
) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default', ...metadata }, data });
