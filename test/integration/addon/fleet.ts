import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { managedClusters } from '../../../operators/api/generated/cluster.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { run } from '../../cluster/command.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../../cluster/index.ts';
import type { Daemon } from '../../cluster/processes.ts';
import { type Agent, type Rig, createRig } from '../registration/rig.ts';
import { type RunningAgent, startAgent } from '../work/agent.ts';
import { managerKubeconfig } from './manager-account.ts';
import { AddonRig } from './rig.ts';

/** The managed cluster, and the one that hosts agents of others: the hub, which is a managed cluster of its own. */
export const managed = 'cluster1';
export const hosting = 'hosting';

const work = fileURLToPath(new URL('../../../operators/work/main.ts', import.meta.url));

/**
 * A hub with its add-on manager, registration controller and work manager, a managed cluster with its agents, and a hosting
 * cluster with its work agent, all of them processes; and the managers of add-ons that vendors wrote.
 */
export class AddonFleet {
  readonly hub: ControlPlane;
  readonly spoke: ControlPlane;
  readonly addons: AddonRig;
  readonly registration: Rig;
  readonly #workAgents: RunningAgent[] = [];
  #agent: Agent | undefined;

  private constructor(hub: ControlPlane, spoke: ControlPlane, registration: Rig, addons: AddonRig) {
    this.hub = hub;
    this.spoke = spoke;
    this.registration = registration;
    this.addons = addons;
  }

  static async start(name: string): Promise<AddonFleet> {
    const [hub, spoke] = await Promise.all([
      startControlPlane({ name: `${name}-hub`, audit: true }),
      startControlPlane({ name: `${name}-spoke` }),
    ]);
    const registration = await createRig(hub, spoke, { convertsAddons: true });
    const fleet = new AddonFleet(hub, spoke, registration, await AddonRig.on(hub));
    await fleet.addons.startManager(undefined, await managerKubeconfig(hub, registration.hub));
    await registration.startController();
    fleet.#daemon('work-manager', process.execPath, [
      work,
      'manager',
      `--kubeconfig=${hub.kubeconfigPath}`,
      '--disable-leader-election',
      '--listen=127.0.0.1:0',
    ]);
    await fleet.#join();
    await fleet.#host();
    return fleet;
  }

  #daemon(name: string, command: string, args: string[]): Daemon {
    return this.registration.workspace.start(name, command, args);
  }

  async #join(): Promise<void> {
    await this.startAgent();
    await this.registration.approve(managed);
    await this.registration.accept(managed);
    await waitFor(`${managed} to be available`, async () => {
      return (await this.registration.condition(managed, 'ManagedClusterConditionAvailable')) === 'True';
    });
    const config = join(this.#agent!.hubFolder, 'kubeconfig');
    await this.#apply(this.spoke, managed, [`--workload-source-config=${config}`]);
  }

  async #host(): Promise<void> {
    const spec = { hubAcceptsClient: true };
    await this.registration.hub.create(managedClusters, { metadata: { name: hosting }, spec });
    await waitFor('the namespace of the hosting cluster', () =>
      this.registration.hub.find(namespaces, hosting),
    );
    await this.#apply(this.hub, hosting, []);
  }

  /** Starts the work agent of a cluster. */
  async #apply(spoke: ControlPlane, cluster: string, args: string[]): Promise<void> {
    const agent = await startAgent({ hub: this.hub, spoke, cluster, args });
    this.#workAgents.push(agent);
  }

  /** Starts the registration agent of the managed cluster, or starts it anew with other flags. */
  async startAgent(flags: string[] = []): Promise<void> {
    await this.#agent?.stop();
    const kubeconfig = await this.registration.bootstrapKubeconfig();
    this.#agent = await this.registration.startAgent(kubeconfig, { cluster: managed, flags });
  }

  /** Starts a program of the vendors in the background. */
  async startProgram(program: 'helloworld' | 'hosted' | 'chart', args: string[]): Promise<Daemon> {
    return this.#daemon(`${program}-${args[0] ?? ''}`.replaceAll('/', '-'), await programOf(program), args);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workAgents.map((agent) => agent.stop()));
    await this.registration.stop();
    await this.addons.stop();
    await this.spoke.stop();
  }
}

const programOf = async (name: string): Promise<string> => join(await ensureBinaryOf('addons'), name);

/** Runs a program of the vendors to its end. */
export const runProgram = async (name: 'helloworld', args: string[]): Promise<void> => {
  await run(await programOf(name), args);
};
