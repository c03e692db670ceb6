import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clusterManagers, klusterlets } from '../../../operators/api/generated/operator.ts';
import { type DataImage, writeArchive } from '../../../scripts/olm/archive.ts';
import { olmImages } from '../../../scripts/olm/build-images.ts';
import { bundleOf, csvIn } from '../../../scripts/olm/bundle.ts';
import { catalogImage, defaultRegistry, inRegistry } from '../../../scripts/olm/images.ts';
import { waitFor } from '../../cluster/index.ts';
import {
  AGENT_NAMESPACE,
  type Api,
  CLUSTER_NAME,
  type Fleet,
  HUB_NAMESPACE,
  OPERATOR_NAMESPACE,
} from '../../e2e/fleet.ts';
import { settled } from '../../e2e/installed.ts';
import { differences, inventory } from '../../e2e/inventory.ts';
import { kept } from '../../e2e/kept.ts';
import { each } from '../../e2e/story.ts';
import { workloadState } from '../../e2e/workload.ts';
import { installOlm, OLM_NAMESPACE, uninstallOlm } from './install.ts';
import { applyAll, catalogSource, untilServed } from './objects.ts';
import { type PageReader, readerOf } from '../reader.ts';
import type { Site } from './site.ts';
import { missingBundleImages, trialCatalogImages } from './trials.ts';

export const nameImage = inRegistry(defaultRegistry);

/** The catalog that the page tells of, and the one of the trials, which all namespaces see since it is where OLM is. */
export const real = { name: 'open-cluster-management', namespace: OPERATOR_NAMESPACE };
export const trials = { name: 'trials', namespace: OLM_NAMESPACE };

/**
 * What is to stay when the operators are gone: CRDs and the roles for them, what the contract keeps of a cluster, and what
 * OLM keeps for itself: a record of each package that somebody subscribed to, and what it unpacked from a catalog that is
 * still there.
 */
const stays = [
  /^\+ clusterroles\S* (clustermanagers|klusterlets)\.operator\.open-cluster-management\.io-v1-(admin|crdview|edit|view)$/,
  /^\+ operators\.operators\.coreos\.com \S+$/,
  /^\+ (jobs|configmaps|roles|rolebindings)\S* olm\/[0-9a-f]{50,}$/,
  ...kept.crds,
  /^\+ customresourcedefinitions\S* (clustermanagers|klusterlets)\.operator\.open-cluster-management\.io$/,
  /^\+ apiservices\S* v1\.operator\.open-cluster-management\.io$/,
  ...kept.clusterNamespace(CLUSTER_NAME),
  ...kept.requests,
];

/** A hub and a managed cluster with OLM, on which somebody does what docs/install-olm.md says. */
export class PackagedFleet {
  readonly hub: Site;
  readonly managed: Site;
  readonly #fleet: Fleet;
  readonly #reader: PageReader;
  #clean: string[][] = [];

  private constructor(fleet: Fleet, reader: PageReader) {
    this.#fleet = fleet;
    this.#reader = reader;
    this.hub = { name: 'cluster-manager', cluster: fleet.hub, namespace: OPERATOR_NAMESPACE };
    this.managed = { name: 'klusterlet', cluster: fleet.managed, namespace: OPERATOR_NAMESPACE };
  }

  /** Installs OLM, the images of olm/ and the catalog of trials. */
  static async start(fleet: Fleet): Promise<PackagedFleet> {
    const packaged = new PackagedFleet(fleet, await readerOf('install-olm.md'));
    // On the nodes before their registries run, and so in no registry.
    await packaged.provide(missingBundleImages());
    await each(packaged.sites, ({ cluster }) => installOlm(cluster));
    await packaged.provide([...olmImages(nameImage), ...trialCatalogImages()]);
    await each(packaged.sites, async ({ cluster }) => {
      const image = nameImage(catalogImage, 'trials');
      await applyAll(cluster, catalogSource(trials.name, trials.namespace, image));
      await untilServed(cluster, trials.name, trials.namespace);
    });
    packaged.#clean = await packaged.#inventories();
    return packaged;
  }

  async stop(): Promise<void> {
    await this.#reader.stop();
    await each(this.sites, ({ cluster }) => uninstallOlm(cluster));
  }

  get sites(): Site[] {
    return [this.hub, this.managed];
  }

  follow(heading: string, cluster: Api): Promise<void> {
    return this.#reader.follow(heading, cluster);
  }

  /** Hands images to the nodes of both clusters, and to their registries when these run. */
  async provide(images: readonly DataImage[]): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'olm-images-'));
    try {
      const archive = join(folder, 'images.tar');
      writeArchive(archive, images);
      await each(this.sites, ({ cluster }) => cluster.loadImage(archive));
    } finally {
      await rm(folder, { recursive: true });
    }
  }

  /** The page from its catalog to a cluster that is accepted. */
  async install(): Promise<void> {
    await each(this.sites, ({ cluster }) => this.follow('The catalog', cluster));
    await each(this.sites, (site) => this.installOperator(site));
    await this.join();
  }

  /** The part of the page after the operators. */
  async join(): Promise<void> {
    await this.follow('The hub', this.hub.cluster);
    await this.follow('A kubeconfig to join by', this.hub.cluster);
    await this.follow('Join the cluster', this.managed.cluster);
    await this.follow('Accept the cluster', this.hub.cluster);
  }

  /**
   * What the page says of removal, with or without a Klusterlet; resolves when nothing is left that was not there at the
   * start, CRDs aside.
   */
  async remove(isJoined = true): Promise<void> {
    const { hub, managed } = this;
    if (isJoined) await this.follow('Remove a managed cluster', managed.cluster);
    await this.removeOperator(managed);
    await this.follow('Remove the hub', hub.cluster);
    await this.removeOperator(hub);
    await each(this.sites, ({ cluster }) => this.follow('Remove the catalog', cluster));
    await this.#untilClean();
  }

  installOperator({ name, cluster }: Site): Promise<void> {
    return this.follow(`The operator of ${name === 'klusterlet' ? 'a managed cluster' : 'the hub'}`, cluster);
  }

  removeOperator({ name, cluster }: Site): Promise<void> {
    const operator = name === 'klusterlet' ? 'Klusterlet' : 'ClusterManager';
    return this.follow(`Remove the ${operator} operator`, cluster);
  }

  /** Resolves when hub and agents are as their resources say. */
  async settle(): Promise<void> {
    await Promise.all([
      settled(this.#fleet.hub, clusterManagers, 'cluster-manager'),
      settled(this.#fleet.managed, klusterlets, 'klusterlet'),
    ]);
  }

  /** Has the resource of a package name the images of a version (with a `v`), as its release's example does. */
  async setImages({ name, cluster }: Site, version: string): Promise<void> {
    const { annotations } = csvIn(name, bundleOf(name, version.slice(1), nameImage)).metadata;
    const { spec } = JSON.parse(annotations['operatorframework.io/initialization-resource']!) as {
      spec: Record<string, unknown>;
    };
    const images = Object.entries(spec).filter(([field]) => /[iI]magePullSpec$/.test(field));
    const kind = name === 'klusterlet' ? 'klusterlet' : 'clustermanager';
    const patch = JSON.stringify({ spec: Object.fromEntries(images) });
    await cluster.kubectl(['patch', kind, name, '--type=merge', '--patch', patch]);
  }

  /** The tags of the images that hub and agents run. */
  async componentTags(): Promise<string[]> {
    const images = ({ kubectl }: Api, namespace: string): Promise<string> =>
      kubectl([
        ...['get', 'deployments', '--namespace', namespace],
        '--output=jsonpath={.items[*].spec.template.spec.containers[*].image}',
      ]);
    const [ofHub, ofManaged] = await Promise.all([
      images(this.#fleet.hub, HUB_NAMESPACE),
      images(this.#fleet.managed, AGENT_NAMESPACE),
    ]);
    return [...new Set(`${ofHub} ${ofManaged}`.split(' ').map((image) => image.split(':').at(-1)!))];
  }

  /** The state of all that a work applied, the versions of its objects too. */
  async workload(): Promise<object> {
    const format = '--output=jsonpath={.items[*].metadata.uid} {.items[*].metadata.resourceVersion}';
    const objects = await this.#fleet.managed.kubectl([
      ...['get', 'deployments,pods', '--namespace', 'hello'],
      format,
    ]);
    return { ...(await workloadState(this.#fleet)), objects };
  }

  #inventories(): Promise<string[][]> {
    return Promise.all(this.sites.map(({ cluster }) => inventory(cluster, false)));
  }

  async #untilClean(): Promise<void> {
    await waitFor(
      'both clusters to be as before',
      async () => {
        const now = await this.#inventories();
        const left = now
          .flatMap((entries, at) => differences(this.#clean[at]!, entries))
          .filter((line) => !stays.some((pattern) => pattern.test(line)));
        if (left.length > 0) throw new Error(left.join('\n'));
        return true;
      },
      { interval: 1000 },
    );
  }
}
