import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type ClusterManagementAddOn,
  type ManagedClusterAddOn,
  addOnDeploymentConfigs,
  addOnTemplates,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../../operators/api/generated/addon.ts';
import {
  type Placement,
  managedClusters,
  placementDecisions,
  placements,
} from '../../../operators/api/generated/cluster.ts';
import { type ManifestWork, manifestWorks } from '../../../operators/api/generated/work.ts';
import { label } from '../../../operators/api/names.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  customResourceDefinitions,
  namespaces,
} from '../../../operators/runtime/client/kubernetes.ts';
import type { Condition, UnknownObject } from '../../../operators/runtime/client/object.ts';
import type { Resource } from '../../../operators/runtime/client/resource.ts';
import { findCondition } from '../../../operators/runtime/controller/conditions.ts';
import { createRequest, generatePrivateKey } from '../../../operators/runtime/pki/request.ts';
import type { Subject } from '../../../operators/runtime/pki/subject.ts';
import { selfSignedCertificate } from '../../../operators/runtime/process/serving/self-signed.ts';
import {
  type ControlPlane,
  readAuditLog,
  startControlPlane,
  waitFor,
  writesOf,
} from '../../cluster/index.ts';
import { logStream } from '../../cluster/logs.ts';
import { freePort } from '../../cluster/ports.ts';
import { administratorOf } from '../administrator.ts';
import { installCrds } from '../work/agent.ts';

const repository = fileURLToPath(new URL('../../..', import.meta.url));

const converted = [clusterManagementAddOns, managedClusterAddOns];
const kinds = [...converted, addOnDeploymentConfigs, addOnTemplates, managedClusters, placements]
  .concat([placementDecisions, manifestWorks] as never[])
  .map(({ plural, group }) => `${plural}.${group}`);

/** An object of a work, in namespace `default` unless said otherwise, and what is reported of it. */
export interface Reported {
  group: string;
  resource: string;
  name: string;
  namespace?: string;
  values: Record<string, string | number>;
}

/** A hub with the webhook that converts add-ons and with their manager, processes of their own. */
export class AddonRig {
  readonly hub: ControlPlane;
  readonly client: Client;
  readonly #processes = new Set<ChildProcess>();
  /** What the processes have logged so far, a JSON object a line. */
  log = '';

  private constructor(hub: ControlPlane) {
    this.hub = hub;
    this.client = administratorOf(hub);
  }

  static async start(name: string, { controllerManager = true, audit = true } = {}): Promise<AddonRig> {
    const hub = await startControlPlane({ name, audit, controllerManager });
    await installCrds(hub, ...kinds);
    return AddonRig.on(hub);
  }

  /** Starts the webhook on a hub that has the kinds. */
  static async on(hub: ControlPlane): Promise<AddonRig> {
    const rig = new AddonRig(hub);
    await rig.#startWebhook();
    return rig;
  }

  /** A hub that somebody else has installed, with its webhook and its manager. */
  static installed(hub: ControlPlane): AddonRig {
    return new AddonRig(hub);
  }

  async #startWebhook(): Promise<void> {
    const { cert, key } = selfSignedCertificate(['127.0.0.1']);
    await writeFile(join(this.hub.folder, 'tls.crt'), cert);
    await writeFile(join(this.hub.folder, 'tls.key'), key, { mode: 0o600 });
    const [port, health] = [await freePort(), await freePort()];
    await this.#spawn('addon-webhook', [
      'webhook-server',
      `--kubeconfig=${this.hub.kubeconfigPath}`,
      `--certdir=${this.hub.folder}`,
      `--port=${port}`,
      `--health-probe-port=${health}`,
      '--metrics-port=0',
    ]);
    await waitFor('the webhook to serve', async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok);
    const caBundle = Buffer.from(cert).toString('base64');
    const clientConfig = { service: null, url: `https://127.0.0.1:${port}/convert`, caBundle };
    for (const { plural, group } of converted)
      await this.client.patch(
        customResourceDefinitions,
        { name: `${plural}.${group}` },
        { type: 'merge', body: { spec: { conversion: { webhook: { clientConfig } } } } },
      );
    // The API server goes by what it was told before for a moment.
    await waitFor('add-ons to be converted by it', async () => {
      for (const resource of converted as Resource<UnknownObject>[])
        for (const version of ['v1alpha1', 'v1beta1']) {
          const metadata = { name: 'probe', ...(resource.namespaced && { namespace: 'default' }) };
          await this.client.create({ ...resource, version }, { metadata, spec: {} }, { dryRun: true });
        }
      return true;
    });
  }

  /** Starts the manager, by default one that nobody else may lead in place of. */
  startManager(
    flags: string[] = ['--disable-leader-election'],
    kubeconfig = this.hub.kubeconfigPath,
  ): Promise<ChildProcess> {
    const args = ['manager', `--kubeconfig=${kubeconfig}`, '--listen=127.0.0.1:0', ...flags];
    return this.#spawn('addon-manager', args);
  }

  async #spawn(name: string, args: string[]): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['operators/addon/main.ts', ...args], {
      cwd: repository,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#processes.add(child);
    const log = logStream(name);
    for (const output of [child.stdout!, child.stderr!]) {
      output.pipe(log, { end: false });
      output.on('data', (data: Buffer) => {
        this.log += data.toString();
      });
    }
    await once(child, 'spawn');
    return child;
  }

  async end(child: ChildProcess): Promise<void> {
    this.#processes.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#processes].map((child) => this.end(child)));
    await this.client.close();
    await this.hub.stop();
  }

  /** Writes of the manager so far. */
  async writes(): Promise<string[]> {
    const made = writesOf(await readAuditLog(this.hub.auditLogPath!));
    return made
      .filter(({ userAgent }) => userAgent === 'manager')
      .map(
        ({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.namespace}/${objectRef?.name}`,
      );
  }

  /** Managed clusters with their namespaces. */
  async clusters(...names: string[]): Promise<void> {
    await Promise.all(
      names.map(async (name) => {
        await this.client.create(namespaces, { metadata: { name } });
        await this.client.create(managedClusters, { metadata: { name }, spec: { hubAcceptsClient: true } });
      }),
    );
  }

  async annotateCluster(name: string, annotations: Record<string, string | null>): Promise<void> {
    const body = { metadata: { annotations } };
    await this.client.patch(managedClusters, { name }, { type: 'merge', body });
  }

  /** A placement that selects these clusters, or is said to, in decision groups of one object each. */
  async place(name: string, groups: string[][], number = groups.flat().length): Promise<void> {
    const namespace = 'default';
    if (!(await this.client.find(placements, name, namespace)))
      await this.client.create<Placement>(placements, { metadata: { name, namespace }, spec: {} });
    for (const [index, clusters] of groups.entries()) {
      const decision = `${name}-decision-${index}`;
      const labels = {
        [label.placement]: name,
        [label.decisionGroupIndex]: String(index),
        [label.decisionGroupName]: `group${index}`,
      };
      if (!(await this.client.find(placementDecisions, decision, namespace)))
        await this.client.create(placementDecisions, { metadata: { name: decision, namespace, labels } });
      const decisions = clusters.map((clusterName) => ({ clusterName, reason: '' }));
      await this.client.patch(
        placementDecisions,
        { name: decision, namespace },
        { type: 'merge', body: { status: { decisions } } },
        { subresource: 'status' },
      );
    }
    await this.#placementStatus(name, { numberOfSelectedClusters: number });
  }

  async misconfigure(name: string, status: 'True' | 'False'): Promise<void> {
    const condition = {
      type: 'PlacementMisconfigured',
      status,
      reason: status === 'True' ? 'Misconfigured' : 'Succeedconfigured',
      message: '',
      lastTransitionTime: new Date().toISOString(),
    };
    await this.#placementStatus(name, { conditions: [condition] });
  }

  async #placementStatus(name: string, status: object): Promise<void> {
    const key = { name, namespace: 'default' };
    await this.client.patch(placements, key, { type: 'merge', body: { status } }, { subresource: 'status' });
  }

  async removePlacement(name: string): Promise<void> {
    const labelSelector = `${label.placement}=${name}`;
    const { items } = await this.client.list(placementDecisions, { namespace: 'default', labelSelector });
    await this.client.delete(placements, { name, namespace: 'default' });
    for (const { metadata } of items) await this.client.delete(placementDecisions, metadata);
  }

  manage(name: string, spec: ClusterManagementAddOn['spec'], annotations: Record<string, string> = {}) {
    return this.client.create<ClusterManagementAddOn>(clusterManagementAddOns, {
      metadata: { name, annotations },
      spec,
    });
  }

  /** Installs by these placements, with their rollout strategy. */
  manageBy(
    name: string,
    entries: Partial<
      NonNullable<NonNullable<ClusterManagementAddOn['spec']['installStrategy']>['placements']>[number]
    >[],
    rest: Partial<ClusterManagementAddOn['spec']> = {},
    annotations: Record<string, string> = {},
  ) {
    const all = entries.map((entry) => ({ name, namespace: 'default', ...entry }));
    return this.manage(
      name,
      { ...rest, installStrategy: { type: 'Placements', placements: all } },
      annotations,
    );
  }

  managed(name: string): Promise<ClusterManagementAddOn> {
    return this.client.get(clusterManagementAddOns, name);
  }

  addon(name: string, cluster: string): Promise<ManagedClusterAddOn | undefined> {
    return this.client.find(managedClusterAddOns, name, cluster);
  }

  install(name: string, cluster: string, metadata: object = {}, spec: ManagedClusterAddOn['spec'] = {}) {
    return this.client.create<ManagedClusterAddOn>(managedClusterAddOns, {
      metadata: { name, namespace: cluster, ...metadata },
      spec,
    });
  }

  async clustersWith(name: string): Promise<string[]> {
    const { items } = await this.client.list(managedClusterAddOns);
    return items
      .filter(({ metadata }) => metadata.name === name)
      .map(({ metadata }) => metadata.namespace!)
      .toSorted();
  }

  /** Waits until the add-on is on these clusters and no others. */
  async isOn(name: string, ...clusters: string[]): Promise<void> {
    await waitFor(`${name} to be on ${clusters.join(', ') || 'no cluster'}`, async () => {
      const found = await this.clustersWith(name);
      if (found.join() === clusters.join()) return true;
      throw new Error(found.join());
    });
  }

  /** Waits until an add-on is as `matches` says. */
  async untilAddon(
    name: string,
    cluster: string,
    what: string,
    matches: (addon: ManagedClusterAddOn) => boolean,
  ): Promise<ManagedClusterAddOn> {
    return waitFor(`${cluster}/${name}: ${what}`, async () => {
      const addon = await this.addon(name, cluster);
      if (addon && matches(addon)) return addon;
      throw new Error(JSON.stringify(addon));
    });
  }

  says(name: string, cluster: string, type: string, reason: string): Promise<ManagedClusterAddOn> {
    return this.untilAddon(
      name,
      cluster,
      `${type} ${reason}`,
      ({ status }) => findCondition(status?.conditions, type)?.reason === reason,
    );
  }

  /** Waits for what the first progression of an add-on says. */
  async progresses(name: string, message: string | RegExp, type = 'Progressing'): Promise<Condition> {
    return waitFor(`${name} to say ${String(message)}`, async () => {
      const { status } = await this.managed(name);
      const found = findCondition(status?.installProgressions?.[0]?.conditions, type);
      if (found && (typeof message === 'string' ? found.message === message : message.test(found.message)))
        return found;
      throw new Error(JSON.stringify(status));
    });
  }

  /** Writes a part of an add-on's status, as its own manager and agents do. */
  report(name: string, cluster: string, status: object): Promise<ManagedClusterAddOn> {
    const key = { name, namespace: cluster };
    const patch = { type: 'merge' as const, body: { status } };
    return this.client.patch(managedClusterAddOns, key, patch, { subresource: 'status' });
  }

  /** Sets one condition of an add-on, as its own manager does. */
  tell(name: string, cluster: string, type: string, reason: string): Promise<ManagedClusterAddOn> {
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    const condition = { type, status: 'True' as const, reason, message: '', lastTransitionTime };
    return this.client.apply(
      managedClusterAddOns,
      { metadata: { name, namespace: cluster }, status: { conditions: [condition] } } as never,
      { fieldManager: `test-${type}`, subresource: 'status' },
    );
  }

  /** The work that deploys an add-on, made from the configurations with these hashes. */
  async work(name: string, cluster: string, hashes?: Record<string, string>): Promise<void> {
    const metadata = {
      name: `addon-${name}-deploy-0`,
      namespace: cluster,
      labels: { [label.addonName]: name },
      ...(hashes && {
        annotations: { 'open-cluster-management.io/config-spec-hash': JSON.stringify(hashes) },
      }),
    };
    // What it is made from changes what is in it.
    const data = hashes ?? {};
    const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'default' }, data };
    await this.client.apply<ManifestWork>(
      manifestWorks,
      { metadata, spec: { workload: { manifests: [manifest] } } },
      { fieldManager: 'test' },
    );
  }

  /** Lets the work agent report on a work of an add-on: whether it is applied, and what was read of its objects. */
  async agentReports(
    name: string,
    cluster: string,
    applied: Condition['status'] = 'True',
    { work = `addon-${name}-deploy-0`, objects = [] }: { work?: string; objects?: Reported[] } = {},
  ): Promise<void> {
    const { metadata } = await this.client.get(manifestWorks, work, cluster);
    const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
    const conditions = [
      { type: 'Applied', status: applied },
      { type: 'Available', status: applied },
    ].map((each) => ({
      ...each,
      reason: 'Test',
      message: 'as the test has it',
      lastTransitionTime,
      observedGeneration: metadata.generation,
    }));
    const manifests = objects.map(({ values, ...object }, ordinal) => ({
      conditions: [],
      resourceMeta: { ordinal, namespace: 'default', ...object },
      statusFeedback: {
        values: Object.entries(values).map(([key, value]) => ({
          name: key,
          fieldValue:
            typeof value === 'number'
              ? { type: 'Integer', integer: value }
              : { type: 'String', string: value },
        })),
      },
    }));
    await this.client.patch(
      manifestWorks,
      { name: work, namespace: cluster },
      { type: 'merge', body: { status: { conditions, resourceStatus: { manifests } } } },
      { subresource: 'status' },
    );
  }

  findWork(name: string, cluster: string): Promise<ManifestWork | undefined> {
    return this.client.find(manifestWorks, name, cluster);
  }

  /** Waits for a work that is as `matches` says. */
  untilWork(
    name: string,
    cluster: string,
    matches: (work: ManifestWork) => boolean = () => true,
  ): Promise<ManifestWork> {
    return waitFor(`work ${cluster}/${name}`, async () => {
      const work = await this.findWork(name, cluster);
      if (work && matches(work)) return work;
      throw new Error(JSON.stringify(work));
    });
  }

  /** Requests a certificate as a user, for an add-on's agent on a cluster. */
  requestCertificate(
    user: string,
    { addon, cluster }: { addon: string; cluster: string },
    signerName: string,
    subject: Subject,
  ): Promise<CertificateSigningRequest> {
    const pem = createRequest(createPrivateKey(generatePrivateKey()), subject);
    return this.client.request<CertificateSigningRequest>({
      method: 'POST',
      path: '/apis/certificates.k8s.io/v1/certificatesigningrequests',
      headers: { 'Impersonate-User': user, 'Impersonate-Group': 'system:masters' },
      body: {
        apiVersion: 'certificates.k8s.io/v1',
        kind: 'CertificateSigningRequest',
        metadata: {
          generateName: `addon-${cluster}-${addon}-`,
          labels: { [label.clusterName]: cluster, [label.addonName]: addon },
        },
        spec: {
          request: Buffer.from(pem).toString('base64'),
          signerName,
          usages: ['digital signature', 'key encipherment', 'client auth'],
        },
      },
    });
  }
}
