import { manifestWorks } from '../../operators/api/generated/work.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { messageOf } from '../../operators/runtime/client/errors.ts';

export const LOAD = 'load';

const deploymentOf = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: LOAD, namespace: LOAD },
  spec: {
    selector: { matchLabels: { app: LOAD } },
    template: {
      metadata: { labels: { app: LOAD } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          { name: LOAD, image, command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1e6)'] },
        ],
      },
    },
  },
});

/** A ManifestWork of a ConfigMap and a Deployment, whose ConfigMap counts the seconds. */
export class Load {
  /** The last value that the hub took. */
  count = 0;
  /** What the hub answered when it did not take one. */
  readonly refusals: string[] = [];
  readonly #hub: Client;
  readonly #cluster: string;
  readonly #image: string;
  #timer?: NodeJS.Timeout;
  #writing: Promise<void> = Promise.resolve();

  /** @param image what the Deployment runs; it holds Node.js */
  constructor(hub: Client, cluster: string, image: string) {
    this.#hub = hub;
    this.#cluster = cluster;
    this.#image = image;
  }

  /** Writes once now and then every second, one write after the other. */
  async start(): Promise<void> {
    await this.#write(1);
    let next = 2;
    this.#timer = setInterval(() => {
      const value = next++;
      this.#writing = this.#writing.then(() =>
        this.#write(value).catch((error: unknown) => void this.refusals.push(messageOf(error))),
      );
    }, 1000);
  }

  /** Resolves when the last write has been answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#writing;
  }

  async #write(value: number): Promise<void> {
    const manifests = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: LOAD } },
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: LOAD, namespace: LOAD },
        data: { count: String(value) },
      },
      deploymentOf(this.#image),
    ];
    await this.#hub.apply(
      manifestWorks,
      { metadata: { name: LOAD, namespace: this.#cluster }, spec: { workload: { manifests } } },
      { fieldManager: 'load' },
    );
    this.count = value;
  }
}
