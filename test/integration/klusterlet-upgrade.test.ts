import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { dump, load } from 'js-yaml';
import { runCli } from '../../cli/program/program.ts';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import {
  checksumOf,
  downgradeAnnotation,
  findBundles,
} from '../../operators/registration-operator/bundle/index.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, patience, startControlPlane } from '../cluster/index.ts';
import { operatorNamespace, type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

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

describe('cli.md 9, 21: by the command line', () => {
  const before = process.env['OCM_BUNDLES'];
  beforeAll(() => void (process.env['OCM_BUNDLES'] = folder));
  afterAll(() => {
    if (before === undefined) delete process.env['OCM_BUNDLES'];
    else process.env['OCM_BUNDLES'] = before;
  });

  const upgrade = async (...flags: string[]) => {
    const result = { code: -1, stdout: '', stderr: '' };
    const command = ['--kubeconfig', controlPlane.kubeconfigPath, 'upgrade', 'klusterlet'];
    result.code = await runCli('clusteradm', [...command, '--image-registry=example.com', ...flags], {
      print: (text) => (result.stdout += text),
      note: (text) => (result.stderr += text),
      terminal: false,
    });
    return result;
  };
  const to = (version: string, ...flags: string[]) => upgrade(`--bundle-version=${version}`, ...flags);
  const specOf = async () => (await rig.get<Klusterlet>('klusterlet', 'klusterlet')).spec;
  const annotationsOf = async () =>
    (await rig.get<Klusterlet>('klusterlet', 'klusterlet')).metadata.annotations;
  const operator = () => rig.get<Deployment>('deployment', 'klusterlet', operatorNamespace);
  const operatorImage = async () => (await operator()).spec?.template.spec?.containers[0]?.image;
  /** Each Deployment as the kubelet and the controllers would have it, once it asks for the version. */
  const rollOutAgents = async (version: string) => {
    for (const which of ['registration', 'work']) {
      await waitForKlusterlet(rig, `${which} ${version}`, async () =>
        (await imageOf(which))?.endsWith(`:${version}`),
      );
      await rollOut(which);
    }
  };
  const rollOutOperator = async (version: string) => {
    await waitForKlusterlet(rig, `operator ${version}`, async () =>
      (await operatorImage())?.endsWith(`:${version}`),
    );
    await rig.rollOut(await operator());
  };

  /** A command that waits for what happens meanwhile; one that fails is no reason to wait for the rest. */
  const during = async (command: ReturnType<typeof upgrade>, ...happens: (() => Promise<void>)[]) => {
    const inOrder = async () => {
      for (const one of happens) await one();
    };
    const succeeded = async () => {
      const result = await command;
      if (result.code !== 0) throw new Error(result.stderr);
      return result.stdout;
    };
    const [stdout] = await Promise.all([succeeded(), inOrder()]);
    return stdout;
  };

  test('begins with the version that is there', async () => {
    await apply('v0.1.0', 'v0.1.0', { [downgradeAnnotation]: 'true' });
    await rollOutAgents('v0.1.0');
    await untilReason('Progressing', 'KlusterletUpToDate');
    await controlPlane.kubectl(['annotate', 'klusterlet', 'klusterlet', `${downgradeAnnotation}-`]);
    await during(to('0.1.0'), () => rollOutOperator('v0.1.0'));
    expect(await to('0.1.0', '--preview')).toMatchObject({ code: 0, stdout: 'nothing would change\n' });
  });

  test('says what would change, and changes nothing', async () => {
    const spec = await specOf();
    const { code, stdout, stderr } = await to('0.2.0', '--preview');
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringContaining('Version check Passed with 0 warnings and 0 errors'),
    });
    // Without a hub the work agent does not run: that stops nothing, and is said.
    expect(stderr).toContain('[WARNING Health check]: Available is False: NoAvailablePods: ');
    expect(stdout).toContain(`Deployment ${operatorNamespace}/klusterlet\n`);
    expect(stdout).toContain(
      '.image: "example.com/registration-operator:v0.1.0" -> "example.com/registration-operator:v0.2.0"\n',
    );
    expect(stdout).toContain(
      '  spec.workImagePullSpec: "example.com/work:v0.1.0" -> "example.com/work:v0.2.0"\n',
    );
    expect(await specOf()).toEqual(spec);
    expect(await operatorImage()).toBe('example.com/registration-operator:v0.1.0');
  });

  test('upgrades, and refuses to go back as the operator would', async () => {
    const upgrading = to('0.2.0', '--wait', `--timeout=${patience / 1000}`);
    const stdout = await during(
      upgrading,
      () => rollOutOperator('v0.2.0'),
      () => rollOutAgents('v0.2.0'),
    );
    expect(stdout).toBe('Klusterlet installed. starting upgrade \nupgraded completed successfully\n');
    const { code, stderr } = await to('0.1.0');
    expect(code).toBe(1);
    expect(stderr).toContain('[ERROR Version check]: ');
    expect(stderr).toContain('runs version 0.2.0, and 0.1.0 is older');
    expect(await operatorImage()).toBe('example.com/registration-operator:v0.2.0');
  });

  test('takes the upgrade back, agents first, and then has nothing to take back', async () => {
    const { stdout } = await upgrade('--undo', '--preview');
    expect(stdout).toContain(
      '"example.com/registration-operator:v0.2.0" -> "example.com/registration-operator:v0.1.0"',
    );
    expect(stdout).toContain(
      'spec.workImagePullSpec: "example.com/work:v0.2.0" -> "example.com/work:v0.1.0"',
    );
    const undone = await during(
      upgrade('--undo', `--timeout=${patience / 1000}`),
      () => rollOutAgents('v0.1.0'),
      () => rollOutOperator('v0.1.0'),
    );
    expect(undone).toBe('the upgrade is undone\n');
    expect(await specOf()).toMatchObject({
      imagePullSpec: 'example.com/registration-operator:v0.1.0',
      registrationImagePullSpec: 'example.com/registration:v0.1.0',
      workImagePullSpec: 'example.com/work:v0.1.0',
    });
    expect(await annotationsOf()).toBeUndefined();
    const { code, stderr } = await upgrade('--undo');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'Error: there is nothing to undo: Klusterlet klusterlet does not say what it was before an upgrade\n',
    });
  });

  test('an operator that does not come up is taken back before the agents', async () => {
    await during(to('0.2.0'));
    await waitForKlusterlet(rig, 'the newer registration', async () =>
      (await imageOf('registration'))?.endsWith(':v0.2.0'),
    );
    // Nobody says of its Deployment that it is rolled out: to the command it is not up.
    await during(
      upgrade('--undo', `--timeout=${patience / 1000}`),
      () => rollOutOperator('v0.1.0'),
      () => rollOutAgents('v0.1.0'),
    );
  });
});
