import { afterAll, beforeAll, describe, expect } from '@jest/globals';
import { annotation } from '../../operators/api/names.ts';
import { modes } from '../../operators/registration-operator/klusterlet/mode.ts';
import { versions } from '../../scripts/bundle.ts';
import type { References } from '../../scripts/images.ts';
import { publishClusterInfo } from '../cluster/cluster-info.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../cluster/index.ts';
import { type Api, type Fleet, json, OPERATOR_NAMESPACE, succeed, uninstall } from './fleet.ts';
import {
  allowJoining,
  createHosted,
  defaultHub,
  healHub,
  hostedHub,
  type HubShape,
  hubSettled,
  hubVersions,
  initHub,
  setHubImages,
} from './hubs.ts';
import { differences, inventory, isGoing } from './inventory.ts';
import { saying, type WithStatus } from './installed.ts';
import {
  accept,
  available,
  heal,
  join,
  leave,
  runsWork,
  type Shape,
  upgrade,
  versionsOf,
} from './klusterlet-shapes.ts';
import { kept } from './kept.ts';
import { installOperator, removeOperator } from './operators.ts';
import { sharedFleet } from './shared-fleet.ts';
import { each, step } from './story.ts';

/*
 * Every way to install hubs and agents, side by side on two clusters:
 *
 *     hub       ClusterManager Default, and the agents of Hosted Klusterlets
 *     managed   what all Klusterlets manage; the agents of the others; the Pods of the Hosted ClusterManager
 *     plane     the hub of the Hosted ClusterManager: an API server without nodes
 *
 * Four Klusterlets join the plane and stay until it dies; four more join the hub, and come and go while it lives.
 */
const [oldest, ...newer] = versions() as [string, ...string[]];

let fleet: Fleet;
let plane: ControlPlane;
let hub: HubShape;
let hosted: HubShape;
/** Those whose hub dies, and those whose hub lives. */
let bereft: Shape[];
let cared: Shape[];
/** All objects before anything was installed. */
let untouched: Inventories;

/** With the hubs and operators, and with the Klusterlets whose hub dies; without what controllers made for others. */
let installed: Inventories;
let joined: Inventories;

type Inventories = Record<'hub' | 'managed' | 'plane', string[]>;

/** All objects, once nothing is on its way out any more and none came or went between two looks. */
const take = async (owned: 'with owned' | 'without owned'): Promise<Inventories> => {
  let before = '';
  return waitFor(
    'the clusters to be at rest',
    async () => {
      const [onHub = [], onManaged = [], onPlane = []] = await Promise.all(
        [fleet.hub, fleet.managed, plane].map((api) => inventory(api, owned === 'with owned')),
      );
      const restless = [...onHub, ...onManaged, ...onPlane].filter(isGoing);
      const [last, now] = [before, JSON.stringify([onHub, onManaged, onPlane])];
      before = now;
      if (restless.length > 0 || last !== now) throw new Error(`objects come and go: ${restless.join()}`);
      return { hub: onHub, managed: onManaged, plane: onPlane };
    },
    { interval: 3000 },
  );
};

/** Waits until a cluster has nothing that it had not before, but for what the contract keeps. */
const untilAsBefore = async (api: Api, before: string[], allowed: RegExp[], owned = true): Promise<void> => {
  await waitFor(
    `${api.name} to be as before`,
    async () => {
      const odd = differences(before, await inventory(api, owned)).filter(
        (line) => !allowed.some((pattern) => pattern.test(line)),
      );
      if (odd.length > 0) throw new Error(odd.join('\n'));
      return true;
    },
    { interval: 1000 },
  );
};

const shapesOf = (prefix: string, of: HubShape): Shape[] =>
  modes.map((mode) => {
    const cluster = `${prefix}-${mode.toLowerCase()}`;
    return {
      name: `klusterlet-${cluster}`,
      cluster,
      namespace: `open-cluster-management-${cluster}`,
      mode,
      hub: of,
      home: mode.endsWith('Hosted') ? fleet.hub : fleet.managed,
      managed: fleet.managed,
    };
  });

const operatorImage = () => fleet.images.byTag[versions().at(-1)!]!['registration-operator'];

beforeAll(async () => {
  fleet = await sharedFleet();
  await uninstall(fleet);
  await publishClusterInfo(fleet.managed);
  const gateway = await fleet.managed.exec(['sh', '-c', "ip -4 route show default | cut -d' ' -f3"]);
  plane = await startControlPlane({
    name: 'plane',
    address: gateway.trim(),
    // Services lead nowhere without nodes; the API server takes their endpoints itself.
    extraArgs: { apiServer: ['--enable-aggregator-routing=true'] },
  });
  await allowJoining(plane);
  hub = defaultHub(fleet.hub);
  hosted = hostedHub('hosted-hub', plane, fleet.managed);
  bereft = shapesOf('bereft', hosted);
  cared = shapesOf('cared', hub);
  untouched = await take('with owned');
});

afterAll(async () => {
  await plane?.stop();
});

/** The works that {@link bereft} Klusterlets have when their hub dies. */
const stays = ({ cluster }: Shape) => ({
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'ManifestWork',
  metadata: { name: `${cluster}-stays`, namespace: cluster },
  spec: {
    workload: {
      manifests: [
        { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `${cluster}-stays`, namespace: 'default' } },
      ],
    },
  },
});

const clustersOf = (shapes: readonly Shape[]): string[] => shapes.map(({ cluster }) => cluster);

const give = ({ api }: HubShape, object: object): Promise<string> =>
  api.kubectl(['create', '-f', '-', '--output=json'], JSON.stringify(object));

/** Until a webhook of the hub refuses an object as it must: its Pod is reached a moment after it is ready. */
const isRefused = (of: HubShape, object: object, message: RegExp): Promise<boolean> =>
  waitFor(`${message}`, async () => {
    const said = await give(of, object).catch((error: Error) => error.message);
    if (message.test(said)) return true;
    throw new Error(said);
  });

/** What the klusterlet operator of a cluster says of objects that somebody changes back again and again. */
const fights = async (cluster: Api): Promise<string[]> => {
  const log = await cluster.kubectl(['logs', '--namespace', OPERATOR_NAMESPACE, 'deployment/klusterlet']);
  return log.split('\n').filter((line) => line.includes('somebody undoes every repair'));
};

const register = async (shapes: Shape[], images: References): Promise<void> => {
  await each(shapes, (shape) => join(shape, images));
  await accept(shapes[0]!.hub, clustersOf(shapes));
};

describe(`at ${oldest}`, () => {
  step('hubs of both modes install', async () => {
    const images = fleet.images.byTag[oldest]!;
    const image = operatorImage();
    await Promise.all([
      installOperator(fleet.hub, 'klusterlet', image),
      installOperator(fleet.managed, 'klusterlet', image),
      initHub(hub, image, images),
      installOperator(fleet.managed, 'cluster-manager', image).then(() =>
        createHosted(hosted, plane, fleet.managed, images),
      ),
    ]);
    await each([hub, hosted], async (shape) => {
      await hubSettled(shape);
      expect(await hubVersions(shape)).toEqual([oldest]);
    });
    installed = await take('without owned');
  });

  step('the webhooks of a hosted hub are reached by another port than theirs (operator.md 60)', async () => {
    const cluster = (spec: object) => ({
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
      metadata: { name: 'checked' },
      spec,
    });
    await isRefused(
      hosted,
      cluster({ managedClusterClientConfigs: [{ url: 'http://plain' }] }),
      /url "http:\/\/plain" is invalid in client configs/,
    );
    const taint = { key: 'a', effect: 'NoSelect' };
    const made = JSON.parse(await give(hosted, cluster({ taints: [taint] }))) as {
      metadata: { labels: object };
      spec: { taints: object[] };
    };
    expect(made.metadata.labels).toEqual({ 'cluster.open-cluster-management.io/clusterset': 'default' });
    expect(made.spec.taints).toEqual([{ ...taint, timeAdded: expect.stringMatching(/^20/) }]);
    const empty = { ...stays(bereft[0]!), metadata: { name: 'empty', namespace: 'default' } };
    await isRefused(
      hosted,
      { ...empty, spec: { workload: { manifests: [] } } },
      /manifests should not be empty/,
    );
    await plane.kubectl(['delete', 'managedcluster', 'checked', patienceFlag]);
  });

  step('agents of all modes join a hosted hub and run a work', async () => {
    await register(bereft, fleet.images.byTag[oldest]!);
    await each(bereft, async (shape) => {
      await runsWork(shape, 'first');
      await give(hosted, stays(shape));
      await fleet.managed.kubectl(['wait', '--for=create', `configmap/${shape.cluster}-stays`, patienceFlag]);
    });
    joined = await take('without owned');
  });

  step('agents of all modes join a hub and run a work', async () => {
    await register(cared, fleet.images.byTag[oldest]!);
    await each(cared, async (shape) => {
      await runsWork(shape, 'first');
      expect(await versionsOf(shape)).toEqual([oldest]);
    });
    await each([fleet.hub, fleet.managed], async (cluster) => {
      expect(await fights(cluster)).toEqual([]);
    });
  });

  step('hubs and agents heal', async () => {
    await Promise.all([each([hub, hosted], healHub), each(cared, heal)]);
    await each(cared, (shape) => runsWork(shape, 'healed'));
  });
});

// A bundle that is the only one has nothing to upgrade to.
if (newer.length > 0)
  step(`hubs, then agents, upgrade to ${newer.join(' and ')}`, async () => {
    for (const tag of newer) {
      const images = fleet.images.byTag[tag]!;
      await each([hub, hosted], async (shape) => {
        await setHubImages(shape, images);
        await hubSettled(shape);
        expect(await hubVersions(shape)).toEqual([tag]);
      });
      await each(cared, async (shape) => {
        await upgrade(shape, images);
        expect(await versionsOf(shape)).toEqual([tag]);
        await runsWork(shape, tag.replaceAll('.', '-'));
      });
    }
  });

describe('what goes leaves nothing behind', () => {
  step('agents whose hub lives', async () => {
    await each(cared, leave);
    const names = clustersOf(cared);
    await fleet.hub.kubectl(['delete', 'managedcluster', ...names, patienceFlag]);
    const onHub = [
      ...names.flatMap(kept.clusterNamespace),
      ...kept.requests,
      ...kept.placement,
      ...kept.addons,
    ];
    await untilAsBefore(fleet.hub, joined.hub, onHub, false);
    await untilAsBefore(fleet.managed, joined.managed, [...kept.placement, ...kept.addons], false);
    await fleet.hub.kubectl(['delete', 'namespace', ...names]);
  });

  step('agents whose hub is dead (operator.md 136)', async () => {
    await available(plane, clustersOf(bereft));
    await plane.shutdown();
    await each(bereft, leave);
    const works = clustersOf(bereft).flatMap(kept.works);
    const onManaged = [...kept.crds, ...kept.pullSecret, ...kept.placement, ...kept.addons, ...works];
    const onHub = [...kept.pullSecret, ...kept.requests, ...kept.placement, ...kept.addons];
    await untilAsBefore(fleet.managed, installed.managed, onManaged, false);
    await untilAsBefore(fleet.hub, installed.hub, onHub, false);
    const applied = await json<{ items: { metadata: { name: string; finalizers?: string[] } }[] }>(
      fleet.managed,
      ['get', 'appliedmanifestworks'],
    );
    expect(applied.items.map(({ metadata }) => metadata.finalizers)).toEqual(bereft.map(() => undefined));
    await fleet.managed.kubectl(['delete', 'appliedmanifestworks', '--all', patienceFlag]);
    // With them goes what they applied.
    const configMaps = clustersOf(bereft).map((name) => `configmap/${name}-stays`);
    await fleet.managed.kubectl(['wait', '--for=delete', ...configMaps, patienceFlag]);
  });

  step('a hosted hub that lives again, once somebody let go of works whose agents are gone', async () => {
    await plane.restart();
    const target = ['clustermanager', hosted.name];
    await fleet.managed.kubectl(['delete', ...target, '--wait=false']);
    // The agents' finalizer keeps them, and with them their CRD: the ClusterManager says so.
    const [first] = clustersOf(bereft);
    await waitFor('the works that are left to be named', async () =>
      saying(await json(fleet.managed, ['get', ...target])).includes(`${first}/${first}-stays`),
    );
    await each(bereft, async ({ cluster }) => {
      const work = ['manifestwork', `${cluster}-stays`, '--namespace', cluster];
      await plane.kubectl(['patch', ...work, '--type=merge', '--patch={"metadata":{"finalizers":null}}']);
    });
    // Its namespace goes last; what is made anew before that would go with it.
    const gone = ['wait', '--for=delete', patienceFlag];
    await fleet.managed.kubectl([...gone, ...target]);
    await fleet.managed.kubectl([...gone, 'namespace', hosted.namespace]);
    const onPlane = [...clustersOf(bereft), 'checked'].flatMap(kept.clusterNamespace);
    await untilAsBefore(plane, untouched.plane, [...onPlane, ...kept.requests]);
  });

  step('a hosted hub that is dead, once its time is over (operator.md 79, D24)', async () => {
    await createHosted(hosted, plane, fleet.managed, fleet.images.byTag[versions().at(-1)!]!);
    await hubSettled(hosted);
    await plane.shutdown();
    const target = ['clustermanager', hosted.name];
    await fleet.managed.kubectl(['delete', ...target, '--wait=false']);
    await waitFor('the time since when the hub is dead', async () => {
      const { metadata } = await json<WithStatus>(fleet.managed, ['get', ...target]);
      return metadata.annotations?.[annotation.evictionTimestamp];
    });
    // Five minutes are over.
    const long = new Date(Date.now() - 6 * 60_000).toISOString().replace(/\.\d+/, '');
    const since = `${annotation.evictionTimestamp}=${long}`;
    await fleet.managed.kubectl(['annotate', ...target, '--overwrite', since]);
    await fleet.managed.kubectl(['wait', '--for=delete', ...target, patienceFlag]);
  });

  step('the hub and the operators', async () => {
    const image = operatorImage();
    await succeed(fleet.hub, ['clean']);
    await Promise.all([
      removeOperator(fleet.hub, 'klusterlet', image),
      removeOperator(fleet.managed, 'klusterlet', image),
      removeOperator(fleet.managed, 'cluster-manager', image),
    ]);
    await each([fleet.hub, fleet.managed], async (cluster) => {
      await cluster.kubectl(['delete', 'namespace', OPERATOR_NAMESPACE, '--ignore-not-found']);
    });
    await untilAsBefore(fleet.hub, untouched.hub, kept.requests);
    await untilAsBefore(fleet.managed, untouched.managed, kept.crds);
  });
});
