import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { dump, load } from 'js-yaml';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import { checksumOf, findBundles } from '../../operators/registration-operator/bundle/index.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
import { type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

const namespace = 'open-cluster-management-agent';
let folder: string;
let controlPlane: ControlPlane;
let rig: Rig;

/** A folder with the first bundle and another after it, whose work agent takes one more argument. */
const twoBundles = async (): Promise<string> => {
  const bundles = await mkdtemp(join(tmpdir(), 'bundles-'));
  const first = join(findBundles(), 'v0.1.0');
  const second = join(bundles, 'v0.2.0');
  await cp(first, join(bundles, 'v0.1.0'), { recursive: true });
  await cp(first, second, { recursive: true });
  const changed = 'klusterlet/agents/work-deployment.yaml';
  const text = await readFile(join(second, changed), 'utf8');
  await writeFile(
    join(second, changed),
    text.replace('- ${evictionArguments}', '- ${evictionArguments}\n            - --v=2'),
  );
  const file = join(second, 'bundle.yaml');
  const bundle = load(await readFile(file, 'utf8')) as { checksums: Record<string, string> };
  const checksums = { ...bundle.checksums, [changed]: checksumOf(await readFile(join(second, changed))) };
  const next = { ...bundle, version: '0.2.0', upgradesFrom: '>=0.1.0 <0.2.0', alsoServes: '', checksums };
  await writeFile(file, dump(next));
  return bundles;
};

beforeAll(async () => {
  folder = await twoBundles();
  // Without a controller manager nobody but this test says how far a rollout is.
  controlPlane = await startControlPlane({ name: 'klusterlet-upgrade', controllerManager: false });
  rig = await rigOf(controlPlane);
  await rig.start({ OCM_BUNDLES: folder });
});

afterAll(async () => {
  await rig?.dispose();
  await controlPlane?.stop();
  await rm(folder, { recursive: true, force: true });
});

const apply = (registration: string, work: string, annotations: Record<string, string> = {}) =>
  rig.apply({
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet', annotations },
    spec: {
      clusterName: 'c1',
      registrationImagePullSpec: `example.com/registration:${registration}`,
      workImagePullSpec: `example.com/work:${work}`,
    },
  });

const agent = (which: string) => rig.get<Deployment>('deployment', `klusterlet-${which}-agent`, namespace);
const imageOf = async (which: string) => (await agent(which)).spec?.template.spec?.containers[0]?.image;
const argsOf = async (which: string) => (await agent(which)).spec?.template.spec?.containers[0]?.args ?? [];

const condition = async (type: string) => {
  const { metadata, status } = await rig.get<Klusterlet>('klusterlet', 'klusterlet');
  const found = findCondition(status?.conditions, type);
  return found?.observedGeneration === metadata.generation ? found : undefined;
};
const untilReason = (type: string, reason: string) =>
  waitForKlusterlet(rig, `${type} ${reason}`, async () => {
    const found = await condition(type);
    return found?.reason === reason ? found : undefined;
  });

const rollOut = async (which: string) => rig.rollOut(await agent(which));

test('installs the version that the images ask for (DESIGN.md 4)', async () => {
  await apply('v0.1.0', 'v0.1.0');
  await untilReason('Applied', 'KlusterletApplied');
  expect(await argsOf('work')).not.toContain('--v=2');
  await untilReason('Progressing', 'KlusterletDeploymentRolling');
  await rollOut('registration');
  await rollOut('work');
  await untilReason('Progressing', 'KlusterletUpToDate');
});

test('upgrades registration first, and work once that has rolled out', async () => {
  await apply('v0.2.0', 'v0.2.0');
  await untilReason('Applied', 'KlusterletApplied');
  expect(await imageOf('registration')).toBe('example.com/registration:v0.2.0');
  expect(await imageOf('work')).toBe('example.com/work:v0.1.0');
  const { message } = await untilReason('Progressing', 'KlusterletDeploymentRolling');
  expect(message).toContain('klusterlet-registration-agent');
  const { status } = await rig.get<Klusterlet>('klusterlet', 'klusterlet');
  expect(status?.relatedResources).toHaveLength(24);
  expect(status?.generations).toHaveLength(2);
  await rollOut('registration');
  await waitForKlusterlet(
    rig,
    'work upgraded',
    async () => (await imageOf('work')) === 'example.com/work:v0.2.0',
  );
  expect(await argsOf('work')).toContain('--v=2');
  await rollOut('work');
  await untilReason('Progressing', 'KlusterletUpToDate');
});

test('goes back only when asked to', async () => {
  await apply('v0.1.0', 'v0.2.0');
  const { message } = await untilReason('Applied', 'DowngradeRefused');
  expect(message).toContain('allow-downgrade');
  expect(await imageOf('registration')).toBe('example.com/registration:v0.2.0');
  await apply('v0.1.0', 'v0.2.0', { 'operator.open-cluster-management.io/allow-downgrade': 'true' });
  await waitForKlusterlet(rig, 'the older registration', async () =>
    (await imageOf('registration'))?.endsWith(':v0.1.0'),
  );
  await untilReason('Applied', 'KlusterletApplied');
  expect(await imageOf('work')).toBe('example.com/work:v0.2.0');
});

test('an upgrade that does not get on is undone by setting the image back', async () => {
  await rollOut('registration');
  await apply('v0.2.0', 'v0.2.0');
  await waitForKlusterlet(rig, 'the newer registration', async () =>
    (await imageOf('registration'))?.endsWith(':v0.2.0'),
  );
  await untilReason('Progressing', 'KlusterletDeploymentRolling');
  await apply('v0.1.0', 'v0.2.0');
  await waitForKlusterlet(rig, 'the older registration', async () =>
    (await imageOf('registration'))?.endsWith(':v0.1.0'),
  );
});
