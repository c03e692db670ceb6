import { afterAll, beforeAll, expect } from '@jest/globals';
import { versions } from '../../scripts/bundle.ts';
import { patienceFlag, untilQuiet } from '../cluster/index.ts';
import { untilPhase } from './olm/install.ts';
import * as olm from './olm/objects.ts';
import { nameImage, PackagedFleet, real, trials } from './olm/packaged-fleet.ts';
import { csvOf, passedThrough, readyPods, type Site, subscribe, unsubscribe } from './olm/site.ts';
import { missingBundleImages, trials as releases } from './olm/trials.ts';
import { type Fleet, uninstall, untilAvailable } from '../e2e/fleet.ts';
import { sharedFleet } from '../e2e/shared-fleet.ts';
import { each, step } from '../e2e/story.ts';
import { createWorkload, proveFlow, removeWorkload } from '../e2e/workload.ts';

/*
 * Both operators as packages of a real Operator Lifecycle Manager: the page of the documentation as it is written, then
 * the oldest version, every edge to the newest, releases that went wrong, and removal. A work runs meanwhile.
 */
const rounds = Number(process.env['OLM_ROUNDS'] ?? 0);
const [oldest, ...newer] = versions() as [string, ...string[]];
const newest = newer.at(-1)!;

let fleet: Fleet;
let packaged: PackagedFleet;
let hub: Site;
let managed: Site;

beforeAll(async () => {
  fleet = await sharedFleet();
  await uninstall(fleet);
  packaged = await PackagedFleet.start(fleet);
  ({ hub, managed } = packaged);
});

afterAll(async () => {
  await packaged?.stop();
});

/** The package of managed clusters in a namespace of its own on the hub, where nothing else of it is. */
const beside = async (namespace: string, targets: string[]): Promise<Site> => {
  await olm.applyAll(fleet.hub, olm.namespaceObject(namespace), olm.operatorGroup('own', namespace, targets));
  return { name: 'klusterlet', cluster: fleet.hub, namespace };
};

/** What may not change while operators come and go. */
const untouched = async (): Promise<void> => {
  expect(await packaged.workload()).toEqual(before);
  await untilAvailable(fleet);
};
let before: object;

const config = {
  env: [{ name: 'TRIAL', value: 'yes' }],
  nodeSelector: { 'kubernetes.io/os': 'linux' },
  tolerations: [{ key: 'trial', operator: 'Exists' }],
};

step('the oldest version: the first plan has nothing else (packaging.md 69)', async () => {
  await each(packaged.sites, ({ cluster }) => packaged.follow('The catalog', cluster));
  const start = (site: Site) => ({ source: real, startingCSV: csvOf(site.name, oldest) });
  const { cluster, namespace } = hub;
  const manual = subscribe(hub, oldest, { ...start(hub), channel: 'stable', approval: 'Manual' });
  const automatic = subscribe(managed, oldest, { source: real, channel: 'stable-v0.1', config });
  const plan = await olm.waitingPlan(cluster, namespace, csvOf(hub.name, oldest));
  expect(plan.spec.clusterServiceVersionNames).toEqual([csvOf(hub.name, oldest)]);
  await packaged.follow('Approve an upgrade', cluster);
  await Promise.all([manual, automatic]);
  await packaged.join();
  await packaged.settle();
  await createWorkload(fleet);
  before = await packaged.workload();
});

step('the Pod of an operator has what its Subscription says (packaging.md 81)', async () => {
  const [pod] = await readyPods(managed);
  expect(pod?.spec.nodeSelector).toMatchObject(config.nodeSelector);
  expect(pod?.spec.tolerations).toEqual(expect.arrayContaining(config.tolerations));
  expect(pod?.spec.containers[0]?.env).toEqual(expect.arrayContaining(config.env));
});

step(
  'every edge, approved one by one on the hub and by itself on the managed cluster (packaging.md 69, 70, 78)',
  async () => {
    const approved = async (version: string): Promise<void> => {
      const plan = await olm.waitingPlan(hub.cluster, hub.namespace, csvOf(hub.name, version));
      expect(plan.spec.clusterServiceVersionNames).toEqual([csvOf(hub.name, version)]);
      await packaged.follow('Approve an upgrade', hub.cluster);
      await untilPhase(hub.cluster, hub.namespace, csvOf(hub.name, version));
    };
    const automatic = async (): Promise<void> => {
      await olm.changeSubscription(managed.cluster, managed.namespace, managed.name, { channel: 'stable' });
      await untilPhase(managed.cluster, managed.namespace, csvOf(managed.name, newest));
    };
    const oneByOne = async (): Promise<void> => {
      for (const version of newer) await approved(version);
    };
    await Promise.all([oneByOne(), automatic()]);
    for (const site of packaged.sites)
      expect(await passedThrough(site)).toEqual(versions().map((version) => csvOf(site.name, version)));
    expect(await packaged.componentTags()).toEqual([oldest]);
    await untouched();
  },
);

step('the components follow when their images are set (packaging.md 78)', async () => {
  for (const version of newer) {
    await each(packaged.sites, (site) => packaged.setImages(site, version));
    await packaged.settle();
  }
  expect(await packaged.componentTags()).toEqual([newest]);
  await untouched();
});

const otherEdges = async (): Promise<void> => {
  const site = await beside('olm-edges', ['olm-edges']);
  const take = async (channel: string, from: string): Promise<void> => {
    await subscribe(site, newest, { source: trials, channel, startingCSV: csvOf(site.name, from) });
    expect(await passedThrough(site)).toEqual([from, newest].map((version) => csvOf(site.name, version)));
    await unsubscribe(site);
    await site.cluster.kubectl(['delete', 'installplans', '--all', '--namespace', site.namespace]);
  };
  await take('direct', oldest);
  for (const version of newer.slice(0, -1)) await take('withdrawn', version);
  await site.cluster.kubectl(['delete', 'namespace', site.namespace, patienceFlag]);
};

const toTrials = (namespace: string, name: string, more: object = {}): object =>
  olm.subscriptionObject({ name, namespace, channel: 'steps', source: trials, ...more });

const unresolvable = async (): Promise<void> => {
  const wrong = await beside('olm-wrong', ['olm-wrong']);
  const { cluster } = wrong;
  await olm.applyAll(
    cluster,
    toTrials(wrong.namespace, 'nothing'),
    toTrials(wrong.namespace, 'klusterlet', { channel: 'none' }),
    toTrials(wrong.namespace, 'cluster-manager', { startingCSV: 'cluster-manager.v9.9.9' }),
  );
  const referenced = (name: string) => `referenced by subscription ${name}`;
  for (const message of [
    `no operators found in package nothing in the catalog ${referenced('nothing')}`,
    `no operators found in channel none of package klusterlet in the catalog ${referenced('klusterlet')}`,
    `no operators found with name cluster-manager.v9.9.9 in channel steps of package cluster-manager in the catalog ${referenced('cluster-manager')}`,
  ])
    await olm.untilSaid(cluster, wrong.namespace, 'klusterlet', 'ResolutionFailed', new RegExp(message));

  const two = await beside('olm-two-groups', ['olm-two-groups']);
  await olm.applyAll(
    cluster,
    olm.operatorGroup('second', two.namespace, [two.namespace]),
    toTrials(two.namespace, 'klusterlet'),
  );
  const condition = 'jsonpath={.status.conditions[?(@.type=="MultipleOperatorGroup")].status}=True';
  const groups = ['operatorgroups', '--all', '--namespace', two.namespace];
  await cluster.kubectl(['wait', ...groups, `--for=${condition}`, patienceFlag]);
  expect(await olm.installPlans(cluster, two.namespace)).toEqual([]);
  for (const { namespace } of [wrong, two])
    await cluster.kubectl(['delete', 'namespace', namespace, patienceFlag]);
};

step(
  'edges of other catalogs, straight to the head and around a withdrawn version; what cannot be resolved is said ' +
    '(packaging.md 68, 71, 72, 73)',
  async () => {
    await Promise.all([otherEdges(), unresolvable()]);
  },
);

step('a group of several namespaces is refused (packaging.md 74)', async () => {
  const many = await beside('olm-many', ['olm-many', 'default']);
  await olm.applyAll(many.cluster, toTrials(many.namespace, 'klusterlet'));
  await untilPhase(
    many.cluster,
    many.namespace,
    csvOf('klusterlet', newest),
    'Failed',
    'UnsupportedOperatorGroup',
  );
  await unsubscribe(many);
  await many.cluster.kubectl(['delete', 'namespace', many.namespace, patienceFlag]);
});

const follow = ({ cluster, namespace, name }: Site, channel: keyof typeof releases): Promise<void> =>
  olm.changeSubscription(cluster, namespace, name, {
    source: trials.name,
    sourceNamespace: trials.namespace,
    channel,
  });

const brokenCsv = (site: Site, channel: keyof typeof releases): string =>
  csvOf(site.name, `v${releases[channel].version}`);

/** The operator of this version runs on. */
const runs = async (site: Site, version: string): Promise<void> => {
  const pods = await readyPods(site);
  const image = nameImage('registration-operator', version.slice(1));
  expect(new Set(pods.map(({ spec }) => spec.containers[0]!.image))).toEqual(new Set([image]));
};

step('a new version that does not start is told by its Deployment, and the old one serves', async () => {
  await each(packaged.sites, async (site) => {
    const { cluster, namespace, name } = site;
    await follow(site, 'no-image');
    const csv = brokenCsv(site, 'no-image');
    if (site === hub) {
      await olm.waitingPlan(cluster, namespace, csv);
      await packaged.follow('Approve an upgrade', cluster);
    }
    await untilPhase(cluster, namespace, csv, 'Installing', name);
    await runs(site, newest);
  });
  await proveFlow(fleet, 'while-operators-do-not-start');
  await untouched();
});

/** What the page tells whoever wants the newest good version back. */
const goBack = async (site: Site): Promise<void> => {
  await packaged.removeOperator(site);
  await packaged.installOperator(site);
  await untilPhase(site.cluster, site.namespace, csvOf(site.name, newest));
};

step('whoever goes back keeps hub, agents and works', async () => {
  await each(packaged.sites, goBack);
  await packaged.settle();
  await untouched();
});

step('both operators share the namespace of one cluster (packaging.md 67)', async () => {
  const second: Site = { ...hub, name: 'klusterlet' };
  await subscribe(second, newest, { source: real, channel: 'stable' });
  await untilPhase(hub.cluster, hub.namespace, csvOf(hub.name, newest));
  await unsubscribe(second);
});

step(
  'a CRD that does not fit what is stored is not installed, and the old operator runs on (packaging.md 76)',
  async () => {
    const cases: [Site, keyof typeof releases, RegExp][] = [
      [
        managed,
        'drops-version',
        /risk of data loss updating "klusterlets\..*": new CRD removes version v1 that is listed as a stored version on the existing CRD/,
      ],
      [
        hub,
        'refuses-present',
        /error validating existing CRs against new CRD's schema for "clustermanagers\./,
      ],
    ];
    await Promise.all(
      cases.map(async ([site, channel, message]) => {
        const { cluster, namespace, name } = site;
        await follow(site, channel);
        await olm.untilSaid(cluster, namespace, name, 'InstallPlanFailed', message);
        await untilPhase(cluster, namespace, brokenCsv(site, channel), 'Pending');
        await runs(site, newest);
        await goBack(site);
      }),
    );
    await untouched();
  },
);

step('a bundle that cannot be pulled is said, and comes when it can be (packaging.md 75, 77)', async () => {
  const { cluster, namespace, name } = managed;
  const csv = brokenCsv(managed, 'no-bundle');
  await cluster.kubectl([
    'annotate',
    'operatorgroup',
    '--all',
    '--namespace',
    namespace,
    'operatorframework.io/bundle-unpack-timeout=20s',
  ]);
  await follow(managed, 'no-bundle');
  await olm.untilSaid(cluster, namespace, name, 'BundleUnpacking', /UnpackingInProgress/);
  await olm.untilSaid(cluster, namespace, name, 'BundleUnpackFailed', /DeadlineExceeded/);
  await runs(managed, newest);
  await packaged.provide(missingBundleImages());
  await cluster.kubectl(['delete', 'jobs', '--all', '--namespace', trials.namespace, patienceFlag]);
  await untilPhase(cluster, namespace, csv);
  await untouched();
});

step(
  'a Klusterlet whose operator went first waits for one, and nothing but CRDs is left of both packages (packaging.md 79, 80)',
  async () => {
    await removeWorkload(fleet);
    const { cluster } = managed;
    await packaged.removeOperator(managed);
    await cluster.kubectl(['delete', 'klusterlet', 'klusterlet', '--wait=false']);
    const format = '--output=jsonpath={.metadata.resourceVersion}';
    const look = async () => Number(await cluster.kubectl(['get', 'klusterlet', 'klusterlet', format]));
    await untilQuiet('a Klusterlet without operator', look, 5000);
    await packaged.installOperator(managed);
    await cluster.kubectl(['wait', '--for=delete', 'klusterlet/klusterlet', patienceFlag]);
    await packaged.remove(false);
  },
);

for (let round = 1; round <= rounds; round += 1)
  step(`round ${round} of installing and removing (packaging.md 79)`, async () => {
    await packaged.install();
    await packaged.remove();
  });
