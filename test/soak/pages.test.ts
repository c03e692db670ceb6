import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterManagers, klusterlets } from '../../operators/api/generated/operator.ts';
import { versions } from '../../scripts/bundle.ts';
import { packageNames as operators } from '../../scripts/olm/package.ts';
import { type Kubeconfig, patienceFlag, toYaml, waitFor } from '../cluster/index.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import {
  AGENT_NAMESPACE,
  CLUSTER_NAME,
  type Fleet,
  HUB_NAMESPACE,
  OPERATOR_NAMESPACE,
  uninstall,
  untilAvailable,
} from '../e2e/fleet.ts';
import { settled, versionsIn } from '../e2e/installed.ts';
import { differences, inventory } from '../e2e/inventory.ts';
import { kept } from '../e2e/kept.ts';
import { sharedFleet } from '../e2e/shared-fleet.ts';
import { createWorkload, proveFlow, removeWorkload, workloadState } from '../e2e/workload.ts';
import { previousChart, previousTree, previousVersion } from '../integration/packages/previous.ts';
import { type PageReader, readerOf } from './reader.ts';

/*
 * Hub and cluster as the pages for Helm, kustomize and the command line say: the version before, the upgrade with a work
 * that nothing touches, and removal, after which nothing is left.
 */
const newest = versions().at(-1)!;

interface Way {
  page: string;
  tools: readonly ('helm' | 'kustomize')[];
  /** Sections in order, from nothing to a cluster that is available. */
  install: string[];
  /** The agents reach the hub by what the page's commands are told, not by what the hub publishes. */
  tellsServer: boolean;
  /** The Deployments of agents, by what the mode is that the page leads to. */
  agents: string[];
  /** What the page's commands read of a checkout: of the version before, and of this one. */
  checkout?: Record<'previous' | 'newest', (home: string) => Promise<void>>;
}

const ways: Way[] = [
  {
    page: 'install-helm.md',
    tools: ['helm'],
    install: ['The hub', 'A kubeconfig for agents', 'The managed cluster', 'See it'],
    tellsServer: true,
    agents: ['klusterlet-agent'],
    checkout: {
      previous: async (home) => {
        for (const operator of operators) await previousChart(operator, home);
      },
      newest: (home) => cp(join(repositoryFolder, 'charts'), join(home, 'charts'), { recursive: true }),
    },
  },
  {
    page: 'install-kustomize.md',
    tools: [],
    install: ['The hub', 'A kubeconfig for agents', 'The managed cluster', 'Let it in'],
    tellsServer: true,
    agents: ['klusterlet-agent'],
    checkout: {
      previous: async (home) => {
        for (const operator of operators) await previousTree(operator, home);
      },
      newest: (home) => cp(join(repositoryFolder, 'deploy'), join(home, 'deploy'), { recursive: true }),
    },
  },
  {
    page: 'install-cli.md',
    tools: [],
    install: ['The hub', 'The managed cluster', 'Let it in'],
    tellsServer: false,
    agents: ['klusterlet-registration-agent', 'klusterlet-work-agent'],
  },
];

/** What stays by the contract, and what Helm and the command line leave alone. */
const stays = [
  ...kept.crds,
  /^\+ customresourcedefinitions\S* (clustermanagers|klusterlets)\.operator\.open-cluster-management\.io$/,
  /^\+ apiservices\S* v1\.operator\.open-cluster-management\.io$/,
  ...kept.clusterNamespace(CLUSTER_NAME),
  ...kept.requests,
];

/** An administrator's kubeconfig with the contexts that the pages name. */
const contextsOf = ({ hub, managed }: Fleet): Kubeconfig => {
  const named = Object.entries({ hub, [CLUSTER_NAME]: managed });
  return {
    ...hub.kubeconfig,
    clusters: named.map(([name, { kubeconfig }]) => ({ ...kubeconfig.clusters[0]!, name })),
    users: named.map(([name, { kubeconfig }]) => ({ ...kubeconfig.users[0]!, name })),
    contexts: named.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    'current-context': 'hub',
  };
};

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedFleet();
  await uninstall(fleet);
});

describe.each(ways)('docs/$page', ({ page, tools, install, tellsServer, agents, checkout }) => {
  let reader: PageReader;
  let kubeconfigPath: string;
  let clean: string[][];

  const clusters = () => [fleet.hub, fleet.managed];
  const inventories = () => Promise.all(clusters().map((cluster) => inventory(cluster, false)));
  const follow = (heading: string) =>
    reader.follow(heading, { kubeconfigPath }, tellsServer ? { HUB: fleet.hub.internalServer } : {});

  /** Resolves when hub and agents are of a version, and their Pods say so as well. */
  const untilOf = async (version: string, components: string[]): Promise<void> => {
    await settled(fleet.hub, clusterManagers, 'cluster-manager');
    await settled(fleet.managed, klusterlets, 'klusterlet');
    const deployments = components.map((component) => `cluster-manager-${component}`);
    expect(await versionsIn(fleet.hub, HUB_NAMESPACE, deployments)).toEqual([version]);
    expect(await versionsIn(fleet.managed, AGENT_NAMESPACE, agents)).toEqual([version]);
  };

  beforeAll(async () => {
    reader = await readerOf(page, tools);
    kubeconfigPath = join(reader.home, 'kubeconfig');
    await writeFile(kubeconfigPath, toYaml(contextsOf(fleet)), { mode: 0o600 });
    clean = await inventories();
  });
  afterAll(() => reader?.stop());

  test('packaging.md 20.6, 32: a hub and a cluster that is available, with a work on it', async () => {
    await checkout?.previous(reader.home);
    for (const heading of install) await follow(heading);
    await untilAvailable(fleet);
    const before = ['registration-controller', 'work-webhook'];
    await untilOf(checkout ? previousVersion : newest, before);
    await createWorkload(fleet);
  });

  test('packaging.md 20.6, 37: an upgrade, which touches no work, and after which works still arrive', async () => {
    const running = await workloadState(fleet);
    if (checkout) {
      for (const folder of ['charts', 'deploy'])
        await rm(join(reader.home, folder), { recursive: true, force: true });
      await checkout.newest(reader.home);
    }
    await follow('Upgrade');
    await untilOf(newest, ['registration-controller', 'work-webhook', 'placement-controller']);
    await untilAvailable(fleet);
    expect(await workloadState(fleet)).toEqual(running);
    await proveFlow(fleet, 'after-upgrade');
  });

  test('packaging.md 36: removal leaves nothing', async () => {
    await removeWorkload(fleet);
    await follow('Remove');
    for (const cluster of clusters())
      await cluster.kubectl(['delete', 'namespace', OPERATOR_NAMESPACE, '--ignore-not-found', patienceFlag]);
    await waitFor('both clusters to be as before', async () => {
      const left = (await inventories())
        .flatMap((entries, at) => differences(clean[at]!, entries))
        // What other ways left alone, CRDs for example, this one may take away.
        .filter((line) => line.startsWith('+') && !stays.some((pattern) => pattern.test(line)));
      if (left.length > 0) throw new Error(left.join('\n'));
      return true;
    });
  });
});

test('packaging.md 43: the page on kustomize sets the image of the operator, and of what a hub installs elsewhere', async () => {
  const reader = await readerOf('install-kustomize.md', ['kustomize']);
  try {
    await cp(join(repositoryFolder, 'deploy'), join(reader.home, 'deploy'), { recursive: true });
    await reader.follow('Images of another registry', fleet.hub);
    const tree = join(reader.home, 'deploy/cluster-manager/config');
    const built = await fleet.hub.kubectl(['kustomize', tree]);
    expect(built.match(/registry\.example\/registration-operator:v1$/gm)).toHaveLength(2);
  } finally {
    await reader.stop();
  }
});
