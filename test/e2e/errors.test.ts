import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { clusteradm, CLUSTER_NAME, type Fleet, json } from './fleet.ts';
import { sharedManagedFleet } from './shared-fleet.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedManagedFleet();
});

interface Condition {
  type: string;
  status: string;
  reason: string;
  message: string;
}
interface WithConditions {
  status?: { conditions?: Condition[] };
}

const conditionOf = async (
  cluster: Fleet['hub'],
  target: string[],
  type: string,
  status: string,
): Promise<Condition> =>
  waitFor(
    `${target.join(' ')} ${type}=${status}`,
    async () => {
      const { status: found } = await json<WithConditions>(cluster, ['get', ...target]);
      return found?.conditions?.find((condition) => condition.type === type && condition.status === status);
    },
    { interval: 500 },
  );

describe('clusteradm join', () => {
  const join = (args: string[]) =>
    clusteradm(fleet.managed, ['join', '--cluster-name', 'other', ...args, '--timeout', '10']);

  test('with a wrong token names the hub, the refusal and the flags to look at', async () => {
    const { code, stderr } = await join([
      '--hub-token',
      'abcdef.0123456789abcdef',
      '--hub-apiserver',
      fleet.hub.server,
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain(fleet.hub.server);
    expect(stderr).toMatch(/Unauthorized|401/);
    expect(stderr).toContain('--hub-token');
  });

  test('with an unreachable hub says so', async () => {
    const { code, stderr } = await join(['--hub-token', 't', '--hub-apiserver', 'https://127.0.0.1:1']);
    expect(code).toBe(1);
    expect(stderr).toContain('https://127.0.0.1:1');
    expect(stderr).toMatch(/refused/i);
  });
});

describe('a Klusterlet', () => {
  const name = 'klusterlet-odd';
  const namespace = 'open-cluster-management-odd';

  afterEach(async () => {
    await fleet.managed.kubectl(['delete', 'klusterlet', name, '--ignore-not-found', patienceFlag]);
    await fleet.managed.kubectl(['delete', 'namespace', namespace, '--ignore-not-found', patienceFlag]);
  });

  /** A second Klusterlet of its own namespace, whose bootstrap kubeconfig is as the test wants it. */
  const create = async (kubeconfig: string, image: string): Promise<void> => {
    const objects = [
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: 'bootstrap-hub-kubeconfig', namespace },
        stringData: { kubeconfig },
      },
      {
        apiVersion: 'operator.open-cluster-management.io/v1',
        kind: 'Klusterlet',
        metadata: { name },
        spec: {
          namespace,
          clusterName: 'odd',
          registrationImagePullSpec: image,
          workImagePullSpec: fleet.images.references.work,
          deployOption: { mode: 'Default' },
        },
      },
    ];
    await fleet.managed.kubectl(
      ['apply', '-f', '-'],
      objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    );
  };

  const kubeconfigOf = (server: string, token: string): string =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'hub', cluster: { server, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'bootstrap', user: { token } }],
      contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap' } }],
      'current-context': 'bootstrap',
    });

  /** Until the connection is said to be degraded as it must be: the operator may hear of the Klusterlet before its Secret. */
  const untilDegraded = (reasons: RegExp, ...said: string[]) =>
    waitFor(
      `HubConnectionDegraded ${reasons}`,
      async () => {
        const condition = await conditionOf(
          fleet.managed,
          ['klusterlet', name],
          'HubConnectionDegraded',
          'True',
        );
        const isSo = reasons.test(condition.reason) && said.every((text) => condition.message.includes(text));
        if (isSo) return true;
        throw new Error(`${condition.reason}: ${condition.message}`);
      },
      { interval: 500 },
    );

  test('whose token is wrong names the secret and what to do', async () => {
    await create(
      kubeconfigOf(fleet.hub.internalServer, 'abcdef.0123456789abcdef'),
      fleet.images.references.registration,
    );
    await untilDegraded(
      /^BootstrapSecret(Error|Unauthorized),HubKubeConfigSecretMissing$/,
      'bootstrap-hub-kubeconfig',
    );
  });

  test('whose hub does not answer names the hub', async () => {
    await create(kubeconfigOf('https://127.0.0.1:1', 'token'), fleet.images.references.registration);
    await untilDegraded(/^BootstrapSecretError,HubKubeConfigSecretMissing$/, '127.0.0.1:1');
  });

  test('whose kubeconfig does not parse names the secret and its key', async () => {
    await create('no: [kubeconfig', fleet.images.references.registration);
    await untilDegraded(
      /^BootstrapSecretError,HubKubeConfigSecretMissing$/,
      'bootstrap-hub-kubeconfig',
      'kubeconfig',
    );
  });

  test('whose image does not exist names the Deployment, and the first Klusterlet goes on', async () => {
    await create(
      kubeconfigOf(fleet.hub.internalServer, 'token'),
      'quay.io/open-cluster-management/registration:none',
    );
    const { message } = await conditionOf(
      fleet.managed,
      ['klusterlet', name],
      'RegistrationDesiredDegraded',
      'True',
    );
    expect(message).toContain(`${name}-registration-agent`);
    const first = await conditionOf(fleet.managed, ['klusterlet', 'klusterlet'], 'Available', 'True');
    expect(first.reason).toBe('KlusterletAvailable');
  });
});

describe('a ManagedCluster that is denied', () => {
  test('says so, and comes back when it is accepted again', async () => {
    const target = ['managedcluster', CLUSTER_NAME];
    const accepts = (value: boolean) =>
      fleet.hub.kubectl([
        'patch',
        ...target,
        '--type=merge',
        '-p',
        JSON.stringify({ spec: { hubAcceptsClient: value } }),
      ]);
    await accepts(false);
    try {
      const denied = await conditionOf(fleet.hub, target, 'HubAcceptedManagedCluster', 'False');
      expect(denied.reason).toBe('HubClusterAdminDenied');
    } finally {
      await accepts(true);
    }
    await conditionOf(fleet.hub, target, 'HubAcceptedManagedCluster', 'True');
    await conditionOf(fleet.hub, target, 'ManagedClusterConditionAvailable', 'True');
  });
});

describe('a manifest that the API server refuses', () => {
  test('is named in the conditions of its work, and its neighbours are applied', async () => {
    const manifests = [
      {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'good', namespace: 'default' },
        data: { a: 'b' },
      },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'Bad_Name', namespace: 'default' } },
    ];
    const work = {
      apiVersion: 'work.open-cluster-management.io/v1',
      kind: 'ManifestWork',
      metadata: { name: 'refused', namespace: CLUSTER_NAME },
      spec: { workload: { manifests } },
    };
    await fleet.hub.kubectl(['apply', '-f', '-'], JSON.stringify(work));
    try {
      await conditionOf(fleet.hub, ['-n', CLUSTER_NAME, 'manifestwork', 'refused'], 'Applied', 'False');
      const { status } = await json<{
        status: {
          resourceStatus: { manifests: { resourceMeta: { name: string }; conditions: Condition[] }[] };
        };
      }>(fleet.hub, ['-n', CLUSTER_NAME, 'get', 'manifestwork', 'refused']);
      const applied = (name: string) =>
        status.resourceStatus.manifests
          .find(({ resourceMeta }) => resourceMeta.name === name)
          ?.conditions.find(({ type }) => type === 'Applied');
      expect(applied('good')?.status).toBe('True');
      expect(applied('Bad_Name')).toMatchObject({ status: 'False', reason: 'AppliedManifestFailed' });
      expect(applied('Bad_Name')?.message).toContain('Bad_Name');
    } finally {
      await fleet.hub.kubectl(['-n', CLUSTER_NAME, 'delete', 'manifestwork', 'refused', patienceFlag]);
    }
  });
});
