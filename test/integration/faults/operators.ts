import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { renderOperator } from '../../../operators/registration-operator/bundle/index.ts';
import { renderKubeconfig } from '../../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import { loadConnection } from '../../../operators/runtime/client/kubeconfig/load.ts';
import { type ControlPlane, patienceFlag, toYaml } from '../../cluster/index.ts';
import { type ApiRelay, startApiRelay } from '../../scripted/relay.ts';
import { operatorNamespace, OperatorProcess } from '../clustermanager/harness.ts';

export type OperatorName = 'cluster-manager' | 'klusterlet';

/** An operator, installed but for its Deployment, that runs behind a relay of its own and can be killed at any write. */
export class MortalOperator {
  private readonly name: OperatorName;
  private readonly relay: ApiRelay;
  private readonly kubeconfig: string;
  private process: OperatorProcess | undefined;

  private constructor(name: OperatorName, relay: ApiRelay, kubeconfig: string) {
    this.name = name;
    this.relay = relay;
    this.kubeconfig = kubeconfig;
  }

  static async install(controlPlane: ControlPlane, name: OperatorName): Promise<MortalOperator> {
    const items = renderOperator(name, {
      namespace: operatorNamespace,
      image: 'unused',
      replicas: 1,
      arguments: [],
    }).filter(({ kind }) => kind !== 'Deployment');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: operatorNamespace } };
    const list = { apiVersion: 'v1', kind: 'List', items: [namespace, ...items] };
    await controlPlane.kubectl(['apply', '--server-side', '--filename', '-'], JSON.stringify(list));
    await controlPlane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
    const user = `system:serviceaccount:${operatorNamespace}:${name}`;
    const file = join(controlPlane.folder, `${name}.kubeconfig`);
    await writeFile(file, toYaml(await controlPlane.kubeconfigFor(user)), { mode: 0o600 });
    const relay = await startApiRelay(loadConnection(file));
    await writeFile(file, renderKubeconfig({ server: relay.url }));
    return new MortalOperator(name, relay, file);
  }

  get log(): string {
    return this.process?.log ?? 'the operator does not run';
  }

  /** Whether it was killed, or ended by itself. */
  get hasEnded(): boolean {
    return this.process?.hasEnded ?? true;
  }

  /** Starts it. It is killed when the API server has stored its `killAfter`-th write from now, before it hears of it. */
  start(killAfter = Infinity): void {
    if (!this.hasEnded) throw new Error(`the ${this.name} operator runs already`);
    const command = this.name === 'klusterlet' ? 'klusterlet' : 'hub';
    const process = new OperatorProcess(this.kubeconfig, [], {}, command);
    const before = this.relay.writes.length;
    this.relay.onWrite(({ count }) => {
      if (count === before + killAfter) process.signal('SIGKILL');
    });
    this.process = process;
  }

  async kill(): Promise<void> {
    await this.process?.kill();
  }

  async dispose(): Promise<void> {
    await this.kill();
    await this.relay.close();
  }
}
