import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../cluster/command.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { patienceFlag } from '../cluster/index.ts';
import { AGENT_NAMESPACE, type Fleet, HUB_NAMESPACE, OPERATOR_NAMESPACE, uninstall } from './fleet.ts';
import { sharedFleet } from './shared-fleet.ts';

/*
 * The demo on clusters of the user's: all that it is given are two kubeconfigs, how Pods reach the hub, and the word that
 * the images are on the nodes. What stands for the user's are two clusters with nothing of ours on them.
 */
let fleet: Fleet;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  fleet = await sharedFleet();
  await uninstall(fleet);
  await fleet.hub.kubectl(['delete', 'configmap', 'cluster-info', '--namespace', 'kube-public']);
  folder = await mkdtemp(join(tmpdir(), 'foreign-'));
  const [hub, managed] = [join(folder, 'hub'), join(folder, 'managed')];
  await copyFile(fleet.hub.kubeconfigPath, hub);
  await copyFile(fleet.managed.kubeconfigPath, managed);
  env = {
    ...process.env,
    OCM_HUB_KUBECONFIG: hub,
    OCM_HUB_INTERNAL_SERVER: fleet.hub.internalServer,
    OCM_MANAGED_KUBECONFIG: managed,
    OCM_IMAGES_LOADED: 'yes',
  };
});

afterAll(async () => {
  if (fleet) await uninstall(fleet);
  if (folder) await rm(folder, { recursive: true });
});

const demo = async (action: 'up' | 'down'): Promise<string> => {
  const program = join(repositoryFolder, 'scripts/demo.ts');
  return (await run(process.execPath, [program, action], { cwd: repositoryFolder, env })).stdout;
};

test('sets up hub, managed cluster, workload and add-on, twice', async () => {
  for (const _ of ['first', 'again']) {
    const shown = await demo('up');
    expect(shown).toMatch(/^cluster1 +true /m);
    expect(shown).toMatch(/^cluster1 +hello +True +True$/m);
    expect(shown).toMatch(/^cluster1 +greeter +True /m);
    expect(shown).toMatch(/^greeter-\S+ +1\/1 +Running/m);
    expect(shown.match(/^hello-\S+ +1\/1 +Running/gm)).toHaveLength(2);
    expect(shown).toContain(`kubectl --kubeconfig ${env['OCM_HUB_KUBECONFIG']} get`);
  }
});

test('takes away what it brought, and leaves the clusters', async () => {
  await demo('down');
  // Namespaces take their time to end, and need nobody for it.
  for (const { kubectl } of [fleet.hub, fleet.managed])
    for (const name of [OPERATOR_NAMESPACE, HUB_NAMESPACE, AGENT_NAMESPACE, 'hello'])
      await kubectl(['wait', '--for=delete', `namespace/${name}`, patienceFlag]);
});
