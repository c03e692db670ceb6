import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { versions } from '../../scripts/bundle.ts';
import { type Kubeconfig, patienceFlag, toYaml, waitFor } from '../cluster/index.ts';
import { commandsOf, type Section, sectionsOf } from '../docs/page.ts';
import {
  CLUSTER_NAME,
  type Fleet,
  joinToken,
  succeed,
  uninstall,
  untilAvailable,
  withValues,
} from '../e2e/fleet.ts';
import { sharedFleet } from '../e2e/shared-fleet.ts';
import { newReader, type Reader } from './reader.ts';

/*
 * The walk-throughs that are published elsewhere, pasted: whoever knows them finds that they work here (docs/operations.md says
 * which do not yet). Images that no cluster of the tests can pull are replaced.
 */
const published = sectionsOf(readFileSync(join(import.meta.dirname, 'walk-throughs/published.md'), 'utf8'));

const sectionOf = (heading: string): Section => {
  const found = published.find((section) => section.heading === heading);
  if (found) return found;
  throw new Error(`nothing is published under "${heading}"`);
};

let fleet: Fleet;
let reader: Reader;

/** An administrator's kubeconfig with the names that kind gives, and one of them in force. */
const kubeconfigOf = ({ hub, managed }: Fleet, current: string): Kubeconfig => {
  const named = Object.entries({ 'kind-hub': hub, 'kind-cluster1': managed });
  return {
    ...hub.kubeconfig,
    clusters: named.map(([name, { kubeconfig }]) => ({ ...kubeconfig.clusters[0]!, name })),
    users: named.map(([name, { kubeconfig }]) => ({ ...kubeconfig.users[0]!, name })),
    contexts: named.map(([name]) => ({ name, context: { cluster: name, user: name } })),
    'current-context': current,
  };
};

/** What the pages have the reader set. */
const variables = {
  CTX_HUB_CLUSTER: 'kind-hub',
  CTX_MANAGED_CLUSTER: 'kind-cluster1',
  MANAGED_CLUSTER_NAME: CLUSTER_NAME,
};

const file = (name: string): string => join(reader.home, name);

/** What the reader puts in place of what stands in angle brackets. */
const filled = async (commands: string): Promise<string> => {
  const answers: Record<string, string> = {
    '<your hub cluster endpoint>': fleet.hub.server,
    '<your managed cluster kubeconfig>': file('managed.kubeconfig'),
    '<your hosting cluster context>': 'kind-hub',
    '<kubernetes yaml file or directory>': 'manifests.yaml',
    '<cluster name>': CLUSTER_NAME,
    '<cluster_name>': CLUSTER_NAME,
    '<version>': versions().at(-1)!.slice(1),
  };
  if (commands.includes('<your token data>')) answers['<your token data>'] = await joinToken(fleet);
  return commands.replaceAll(/<[^<>\n]+>/g, (blank) => {
    const answer = answers[blank];
    if (answer === undefined) throw new Error(`nothing to put in place of ${blank}`);
    return answer;
  });
};

/** Pastes the commands of a section, and resolves to what they print. */
const paste = async (heading: string, current = 'hub'): Promise<string> => {
  const commands = await filled(commandsOf(sectionOf(heading)));
  return reader.paste(commands, { kubeconfigPath: file(`${current}.kubeconfig`) }, variables);
};

/** Saves the manifest of a section, with a program that the clusters have. */
const save = (heading: string, name: string, change = (manifest: string) => manifest): Promise<void> => {
  const [manifest = ''] = sectionOf(heading).manifests;
  const program = [
    `$1image: ${fleet.images.references.work}`,
    "$1command: [/usr/local/bin/node, -e, 'setInterval(() => {}, 1e6)']",
  ].join('\n');
  const text = manifest
    .replace('${MANAGED_CLUSTER_NAME}', CLUSTER_NAME)
    .replace(/^( +)image: busybox\n +command: .*$/m, program)
    .replace(/^( +)image: nginx:\S+$/m, program);
  return writeFile(file(name), change(text));
};

/** Resolves once what a section prints is as its page shows it. */
const shows = (heading: string, pattern: RegExp, current = 'hub') =>
  waitFor(`"${heading}" to show ${pattern}`, async () => {
    const shown = await paste(heading, current);
    if (pattern.test(shown)) return true;
    throw new Error(shown);
  });

/** What kubectl says of a kind that is gone, the latter when it remembers that there was one. */
const noSuchKind = /doesn't have a resource type|could not find the requested resource/;

beforeAll(async () => {
  fleet = await sharedFleet();
  await uninstall(fleet);
  reader = await newReader();
  for (const [name, current] of Object.entries({ hub: 'kind-hub', 'on-managed': 'kind-cluster1' }))
    await writeFile(file(`${name}.kubeconfig`), toYaml(kubeconfigOf(fleet, current)), { mode: 0o600 });
  await writeFile(file('managed.kubeconfig'), fleet.managed.internalKubeconfig(), { mode: 0o600 });
});
afterAll(() => reader?.stop());

/** What the page on registration has its reader do after any join. */
const accepted = async (): Promise<void> => {
  await shows('Wait for the request', new RegExp(`^${CLUSTER_NAME}-.*Pending`, 'm'));
  await paste('Accept the join request');
  await shows('Verify', new RegExp(`^${CLUSTER_NAME} +true +(\\S+ +)?True +True`, 'm'));
};

test('cli.md 9: start the control plane', async () => {
  const shown = await paste('Start the control plane');
  expect(shown).toMatch(/^cluster-manager-\S+ +1\/1 +Running/m);
  expect(shown).toContain('kind: ClusterManager');
  // `--wait` is for what a join needs; the rest comes seconds later.
  for (const part of [
    'registration-controller',
    'registration-webhook',
    'work-webhook',
    'placement-controller',
  ])
    await waitFor(`a running Pod of ${part}`, async () => {
      const pods = await fleet.hub.kubectl(['-n', 'open-cluster-management-hub', 'get', 'pod']);
      if (new RegExp(`^cluster-manager-${part}-\\S+ +(\\d)/\\1 +Running`, 'm').test(pods)) return true;
      throw new Error(pods);
    });
});

test('cli.md 33 and 44: register a cluster', async () => {
  await paste('Bootstrap a klusterlet');
  await accepted();
  for (const agent of ['registration', 'work'])
    await shows('Verify', new RegExp(`^klusterlet-${agent}-agent-\\S+ +1/1 +Running`, 'm'));
  expect(await paste('Troubleshooting')).toContain('kind: Klusterlet');
});

describe('work', () => {
  test('cli.md 71: a ManifestWork in a file', async () => {
    await save('Apply a ManifestWork', 'manifest-work.yaml');
    expect(await paste('Apply a ManifestWork')).toContain('name: mw-01');
    await shows('See the Pod', /^hello +1\/1 +Running/m);
    await fleet.hub.kubectl(['-n', CLUSTER_NAME, 'delete', 'manifestwork', 'mw-01', patienceFlag]);
  });

  test('cli.md 71: create work, look at it, change it, delete it', async () => {
    await save('Deploy to a cluster', 'manifests.yaml');
    expect(await paste('Deploy to a cluster')).toContain('my-first-work');
    await shows('See what is deployed', /^nginx-deployment +3\/3/m);
    expect(await paste('See what is deployed')).toMatch(/^cluster1 +my-first-work/m);
    await save('Deploy to a cluster', 'manifests.yaml', (text) => text.replace('replicas: 3', 'replicas: 1'));
    await paste('Change what is deployed');
    await shows('See what is deployed', /^nginx-deployment +1\/1/m);
    await paste('Delete what is deployed');
    await fleet.managed.kubectl(['wait', '--for=delete', 'deployment/nginx-deployment', patienceFlag]);
  });
});

test('cli.md 79 and 82: the policy framework is installed and enabled; its programs are published elsewhere', async () => {
  expect(await paste('Install the policy framework')).toContain(
    'Installing built-in governance-policy-framework add-on to the Hub cluster...',
  );
  const names = ['governance-policy-addon-controller', 'governance-policy-propagator'];
  const namespace = ['--namespace', 'open-cluster-management'];
  await fleet.hub.kubectl(['get', 'deployment', ...names, ...namespace]);
  const shown = await paste('Enable policies on clusters');
  const addOns = ['governance-policy-framework', 'config-policy-controller'];
  for (const name of addOns) expect(shown).toMatch(new RegExp(`^${name}\\b`, 'm'));
  await succeed(fleet.hub, ['addon', 'disable', '--names', addOns.join(','), '--clusters', CLUSTER_NAME]);
  await succeed(fleet.hub, ['uninstall', 'hub-addon', '--names', 'governance-policy-framework']);
});

test('cli.md 60, 61 and 67: upgrade hub and managed cluster', async () => {
  expect(await paste('Upgrade the hub')).toContain('Registration Operator:');
  expect(await paste('Upgrade a managed cluster', 'on-managed')).toContain('Registration Operator:');
  await untilAvailable(fleet);
  expect(await paste('Confirm the upgrade')).toMatch(/^cluster1 +true/m);
});

describe('detached and joined again', () => {
  /** Detaches as the page says, and takes the cluster from the hub, which the page does not say: a detached one stays known. */
  const detached = async (heading: string): Promise<void> => {
    await paste(heading);
    await fleet.hub.kubectl(['delete', 'managedcluster', CLUSTER_NAME, patienceFlag]);
  };

  test('cli.md 52: detach the cluster', async () => {
    await detached('Detach the cluster');
    await expect(fleet.managed.kubectl(['get', 'klusterlet'])).rejects.toThrow(noSuchKind);
  });

  test('cli.md 34: in singleton mode', async () => {
    await paste('Bootstrap a klusterlet in singleton mode');
    await accepted();
    await detached('Detach the cluster');
  });

  /** A hosting cluster has the operator of Klusterlets already. */
  const installOperatorOnHub = async (): Promise<void> => {
    const hub = ['--hub-token', await joinToken(fleet), '--hub-apiserver', fleet.hub.server];
    const join = ['join', ...hub, '--cluster-name', 'hosting'];
    await withValues({ klusterlet: { create: false } }, (values) =>
      succeed(fleet.hub, [...join, '--klusterlet-values-file', values]),
    );
    await fleet.hub.kubectl([
      ...['-n', 'open-cluster-management', 'wait', '--for=condition=Available', 'deployment/klusterlet'],
      patienceFlag,
    ]);
  };

  test('cli.md 41 and 55: in hosted mode', async () => {
    await installOperatorOnHub();
    await paste('Bootstrap a klusterlet in hosted mode');
    await shows('Wait for the request', new RegExp(`^${CLUSTER_NAME}-.*Pending`, 'm'));
    await paste('Accept the join request');
    await untilAvailable(fleet);
    await detached('Detach the cluster in hosted mode');
  });
});

test('cli.md 58: uninstall the control plane', async () => {
  await paste('Uninstall the control plane');
  await expect(paste('Nothing is left')).rejects.toThrow(noSuchKind);
});
