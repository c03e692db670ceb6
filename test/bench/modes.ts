import { type Mode, modes } from '../../operators/registration-operator/klusterlet/mode.ts';
import { versions } from '../../scripts/bundle.ts';
import type { References } from '../../scripts/images.ts';
import { publishClusterInfo } from '../cluster/cluster-info.ts';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
import type { Fleet } from '../e2e/fleet.ts';
import {
  allowJoining,
  createHosted,
  defaultHub,
  hostedHub,
  type HubShape,
  hubSettled,
  initHub,
  setHubImages,
} from '../e2e/hubs.ts';
import { accept, join, leave, type Shape, upgrade } from '../e2e/klusterlet-shapes.ts';
import { installOperator } from '../e2e/operators.ts';
import { figure, seconds } from './figures.ts';

const [oldest, ...newer] = versions() as [string, ...string[]];

const upgradeAll = async (
  title: string,
  imagesOf: (tag: string) => References,
  to: (images: References) => Promise<void>,
): Promise<void> => {
  let from = oldest;
  for (const tag of newer) {
    figure(`${title}: ${from} to ${tag}`, await seconds(() => to(imagesOf(tag))), 's');
    from = tag;
  }
};

const benchHub = async (
  title: string,
  shape: HubShape,
  imagesOf: (tag: string) => References,
  install: () => Promise<void>,
): Promise<void> => {
  const installed = await seconds(async () => {
    await install();
    await hubSettled(shape);
  });
  figure(`${title}: install`, installed, 's');
  await upgradeAll(title, imagesOf, async (images) => {
    await setHubImages(shape, images);
    await hubSettled(shape);
  });
};

const benchAgents = async (
  { hub: hubCluster, managed }: Fleet,
  hub: HubShape,
  mode: Mode,
  imagesOf: (tag: string) => References,
): Promise<void> => {
  const cluster = `bench-${mode.toLowerCase()}`;
  const shape: Shape = {
    name: cluster,
    cluster,
    namespace: `open-cluster-management-${cluster}`,
    mode,
    hub,
    home: mode.endsWith('Hosted') ? hubCluster : managed,
    managed,
  };
  const title = `Klusterlet ${mode}`;
  const joined = await seconds(async () => {
    await join(shape, imagesOf(oldest));
    await accept(hub, [cluster]);
  });
  figure(`${title}: join to Available`, joined, 's');
  await upgradeAll(title, imagesOf, (images) => upgrade(shape, images));
  figure(`${title}: removed`, await seconds(() => leave(shape)), 's');
};

/**
 * How long each mode takes to install and to go from bundle to bundle, with real Pods and the operator there already but
 * for the Default hub, whose `clusteradm init` brings it. One mode after the other.
 */
export const benchModes = async (fleet: Fleet): Promise<void> => {
  const imagesOf = (tag: string): References => fleet.images.byTag[tag]!;
  const operator = imagesOf(versions().at(-1)!)['registration-operator'];
  const hub = defaultHub(fleet.hub);
  await benchHub('ClusterManager Default', hub, imagesOf, () => initHub(hub, operator, imagesOf(oldest)));
  await publishClusterInfo(fleet.managed);
  await installOperator(fleet.hub, 'klusterlet', operator);
  await installOperator(fleet.managed, 'klusterlet', operator);
  for (const mode of modes) await benchAgents(fleet, hub, mode, imagesOf);
  await benchHosted(fleet, operator, imagesOf);
};

const benchHosted = async (
  { managed }: Fleet,
  operator: string,
  imagesOf: (tag: string) => References,
): Promise<void> => {
  const gateway = await managed.exec(['sh', '-c', "ip -4 route show default | cut -d' ' -f3"]);
  const plane: ControlPlane = await startControlPlane({
    name: 'bench-plane',
    address: gateway.trim(),
    extraArgs: { apiServer: ['--enable-aggregator-routing=true'] },
  });
  try {
    await allowJoining(plane);
    await installOperator(managed, 'cluster-manager', operator);
    const shape = hostedHub('hosted-hub', plane, managed);
    await benchHub('ClusterManager Hosted', shape, imagesOf, () =>
      createHosted(shape, plane, managed, imagesOf(oldest)),
    );
  } finally {
    await plane.stop();
  }
};
