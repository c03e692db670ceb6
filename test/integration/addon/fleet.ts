import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { run } from '../../cluster/command.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../../cluster/index.ts';
import type { Daemon } from '../../cluster/processes.ts';
import { freePort } from '../process/child.ts';
import { type Agent, type Rig, createRig } from '../registration/rig.ts';
import { type RunningAgent, startAgent } from '../work/agent.ts';
import { AddonRig } from './rig.ts';

/** The managed cluster. */
export const managed = 'cluster1';

const work = fileURLToPath(new URL('../../../operators/work/main.ts', import.meta.url));

/**
 * A hub with its add-on manager, registration controller and work manager, and a managed cluster with its agents, all of
 * them processes; and the managers of add-ons that vendors wrote.
 */
export class AddonFleet {
  readonly hub: ControlPlane;
  readonly spoke: ControlPlane;
  readonly addons: AddonRig;
  readonly registration: Rig;
  #workAgent: RunningAgent | undefined;
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
    await fleet.addons.startManager();
    await registration.startController();
    fleet.#daemon('work-manager', process.execPath, [
      work,
      'manager',
      `--kubeconfig=${hub.kubeconfigPath}`,
      '--disable-leader-election',
      '--listen=127.0.0.1:0',
    ]);
    await fleet.#join();
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
    this.#workAgent = await startAgent({
      hub: this.hub,
      spoke: this.spoke,
      cluster: managed,
      args: [`--workload-source-config=${config}`],
      port: await freePort(),
    });
  }

  /** Starts the registration agent of the managed cluster, or starts it anew with other flags. */
  async startAgent(flags: string[] = []): Promise<void> {
    await this.#agent?.stop();
    const kubeconfig = await this.registration.bootstrapKubeconfig();
    this.#agent = await this.registration.startAgent(kubeconfig, { cluster: managed, flags });
  }

  /** Starts a program of the vendors in the background. */
  async startProgram(program: 'helloworld', args: string[]): Promise<Daemon> {
    return this.#daemon(`${program}-${args[0] ?? ''}`.replaceAll('/', '-'), await programOf(program), args);
  }

  async stop(): Promise<void> {
    await this.#workAgent?.stop();
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
