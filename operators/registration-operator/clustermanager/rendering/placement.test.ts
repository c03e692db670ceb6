import { describe, expect, test } from '@jest/globals';
import type { ClusterManagerSpec } from '../../../api/generated/operator.ts';
import type { ClusterRole, Deployment, Role } from '../../../runtime/client/kubernetes.ts';
import { validFeatureGates } from '../../feature-gates.ts';
import { hubAccounts } from '../hub-accounts.ts';
import { objectsFor } from './fixture.ts';
import { nothingObserved, type Observed, unknownGates } from './parameters.ts';

const gate = (feature: string, mode: 'Enable' | 'Disable' = 'Enable') => ({ feature, mode });
const gates = (...featureGates: ReturnType<typeof gate>[]): Partial<ClusterManagerSpec> => ({
  placementConfiguration: { featureGates },
});
const withDebug = gates(gate('PlacementDebugServer'));
const clusterManager = (spec: Partial<ClusterManagerSpec>) => ({
  metadata: { name: 'cm' },
  spec: { placementImagePullSpec: 'example.com/placement:1', ...spec },
});
const tls = { minVersion: 'VersionTLS13', cipherSuites: ['TLS_A', 'TLS_B'] };
const objectsOf = (spec: Partial<ClusterManagerSpec> = {}, changes: Partial<Observed> = {}) =>
  objectsFor(clusterManager(spec), { ...nothingObserved('ocm', tls), ...changes }).filter(
    ({ component }) => component === 'placement',
  );
const find = <T>(kind: string, ...args: Parameters<typeof objectsOf>): T =>
  objectsOf(...args).find(({ object }) => object.kind === kind)?.object as unknown as T;
const podOf = (...args: Parameters<typeof objectsOf>) =>
  find<Deployment>('Deployment', ...args).spec!.template.spec!;
const hosted: Partial<ClusterManagerSpec> = { deployOption: { mode: 'Hosted' } };
const tlsFlags = ['--tls-min-version=VersionTLS13', '--tls-cipher-suites=TLS_A,TLS_B'];
const kubeconfigFlag = '--kubeconfig=/var/run/secrets/hub/kubeconfig';
const kubeconfigMount = { name: 'kubeconfig', mountPath: '/var/run/secrets/hub', readOnly: true };
const tmp = { name: 'tmpdir', mountPath: '/tmp' };

describe('placement.md 2.2: the Deployment of placement', () => {
  test('names, labels, selector and spread do not depend on each other', () => {
    const { metadata, spec } = find<Deployment>('Deployment', {}, { replicas: 3 });
    expect(metadata).toMatchObject({
      name: 'cm-placement-controller',
      namespace: 'open-cluster-management-hub',
      labels: {
        app: 'cm-placement-controller',
        'open-cluster-management.io/created-by-clustermanager': 'cm',
      },
    });
    const app = 'clustermanager-placement-controller';
    expect(spec).toMatchObject({ replicas: 3, selector: { matchLabels: { app } } });
    expect(Object.keys(spec!.selector.matchLabels!)).toEqual(['app']);
    expect(spec!.template.metadata?.labels).toEqual({
      app,
      'open-cluster-management.io/created-by-clustermanager': 'cm',
    });
    const matchExpressions = [{ key: 'app', operator: 'In', values: [app] }];
    expect(
      spec!.template.spec?.affinity?.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution,
    ).toEqual(
      [
        { weight: 70, topologyKey: 'failure-domain.beta.kubernetes.io/zone' },
        { weight: 30, topologyKey: 'kubernetes.io/hostname' },
      ].map(({ weight, topologyKey }) => ({
        weight,
        podAffinityTerm: { topologyKey, labelSelector: { matchExpressions } },
      })),
    );
  });

  test('its container: image, arguments, probes, resources and no more than a temporary folder', () => {
    const { containers, volumes, serviceAccountName, ...pod } = podOf();
    expect(serviceAccountName).toBe('placement-controller-sa');
    expect(volumes).toEqual([{ name: 'tmpdir', emptyDir: {} }]);
    expect(pod).not.toHaveProperty('imagePullSecrets');
    expect(containers).toHaveLength(1);
    const httpGet = { path: '/healthz', scheme: 'HTTPS', port: 8443 };
    expect(containers[0]).toMatchObject({
      name: 'placement-controller',
      image: 'example.com/placement:1',
      args: ['/placement', 'controller', ...tlsFlags],
      env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
      livenessProbe: { httpGet, periodSeconds: 10 },
      readinessProbe: { httpGet },
      resources: { requests: { cpu: '2m', memory: '16Mi' } },
      volumeMounts: [tmp],
    });
    expect(containers[0]).not.toHaveProperty('ports');
  });

  test('node placement, resources and the pull Secret reach both containers', () => {
    const tolerations = [{ key: 'infra', operator: 'Exists' as const }];
    const resourceRequirements = { limits: { cpu: '1' } };
    const pod = podOf(
      {
        ...withDebug,
        nodePlacement: { nodeSelector: { infra: 'yes' }, tolerations },
        resourceRequirement: { type: 'ResourceRequirement', resourceRequirements },
      },
      { hasImagePullSecret: true, imagePullSecret: 'mine' },
    );
    expect(pod).toMatchObject({
      nodeSelector: { infra: 'yes' },
      tolerations,
      imagePullSecrets: [{ name: 'mine' }],
    });
    expect(pod.containers.map(({ resources }) => resources)).toEqual([
      resourceRequirements,
      resourceRequirements,
    ]);
  });

  test('operator.md 24, 6, since-1.3.1.md 81: with the debug server a second container, which alone has its certificate', () => {
    const { containers, volumes } = podOf(withDebug);
    expect(containers.map(({ name }) => name)).toEqual(['placement-controller', 'debug-server']);
    const [controller, server] = containers;
    expect(controller?.volumeMounts).toEqual([tmp]);
    const httpGet = { path: '/healthz', scheme: 'HTTPS', port: 9443 };
    expect(server).toMatchObject({
      image: controller?.image,
      args: ['/placement', 'debug', '--listen=0.0.0.0:9443', '--disable-leader-election', ...tlsFlags],
      env: controller?.env,
      securityContext: controller?.securityContext,
      resources: controller?.resources,
      livenessProbe: { httpGet },
      readinessProbe: { httpGet },
    });
    const secret = { secretName: 'placement-debug-serving-cert', defaultMode: 420, optional: true };
    expect(server?.volumeMounts).toEqual([
      tmp,
      { name: 'serving-cert', mountPath: '/var/run/secrets/serving-cert', readOnly: true },
    ]);
    expect(volumes).toEqual([
      { name: 'tmpdir', emptyDir: {} },
      { name: 'serving-cert', secret },
    ]);
  });

  test.each([
    ['of a hub here', {}],
    ['of a hosted hub', hosted],
  ])('operator.md 24: its Service stands beside the Pods %s, and goes with the gate', (_, spec) => {
    const services = (more: Partial<ClusterManagerSpec>) =>
      objectsOf({ ...spec, ...more }).filter(({ object }) => object.kind === 'Service');
    expect(services({})).toEqual([]);
    expect(services(gates(gate('PlacementDebugServer', 'Disable')))).toEqual([]);
    expect(services(withDebug)).toMatchObject([
      {
        target: 'management',
        object: {
          metadata: { name: 'cm-placement' },
          spec: {
            type: 'ClusterIP',
            selector: { app: 'clustermanager-placement-controller' },
            ports: [{ name: 'https', port: 9443, targetPort: 9443 }],
          },
        },
      },
    ]);
  });

  test('placement.md P14, operator.md D13: away from the hub both containers have its kubeconfig', () => {
    const { containers, volumes, serviceAccountName } = podOf({ ...hosted, ...withDebug });
    expect(serviceAccountName).toBeUndefined();
    const secret = { secretName: 'placement-controller-sa-kubeconfig' };
    expect(volumes?.filter(({ name }) => name === 'kubeconfig')).toEqual([{ name: 'kubeconfig', secret }]);
    for (const { args, volumeMounts } of containers) {
      expect(args?.slice(-3)).toEqual([kubeconfigFlag, ...tlsFlags]);
      expect(volumeMounts).toContainEqual(kubeconfigMount);
    }
    const alone = podOf(hosted);
    expect(alone.containers).toHaveLength(1);
    expect(alone.containers[0]?.volumeMounts).toEqual([tmp, kubeconfigMount]);
    expect(alone.volumes?.map(({ name }) => name)).toEqual(['tmpdir', 'kubeconfig']);
    expect(hubAccounts).toContain('placement-controller-sa');
  });
});

describe('placement.md 2.3: what placement may do', () => {
  const cluster = 'cluster.open-cluster-management.io';
  /** Of what the chapter grants: no ConfigMaps, and no update where both projects' controllers patch. */
  const needed: Record<string, string[]> = {
    ' pods': ['get'],
    'apps replicasets': ['get'],
    'authentication.k8s.io tokenreviews': ['create'],
    'authorization.k8s.io subjectaccessreviews': ['create'],
    ' events': ['create', 'patch', 'update'],
    'events.k8s.io events': ['create', 'patch', 'update'],
    'coordination.k8s.io leases': ['create', 'get', 'list', 'watch', 'update', 'patch'],
    ...Object.fromEntries(
      [
        'managedclusters',
        'managedclustersets',
        'managedclustersetbindings',
        'addonplacementscores',
        'placements',
      ].map((resource) => [`${cluster} ${resource}`, ['get', 'list', 'watch']]),
    ),
    [`${cluster} placementdecisions`]: ['get', 'list', 'watch', 'create', 'patch', 'delete'],
    [`${cluster} placements/status`]: ['patch'],
    [`${cluster} placementdecisions/status`]: ['patch'],
    [`${cluster} placements/finalizers`]: ['update'],
    'config.openshift.io infrastructures': ['get'],
  };
  const granted = (kind: string): Record<string, string[]> => {
    const found: Record<string, string[]> = {};
    for (const { apiGroups = [], resources = [], verbs } of find<ClusterRole | Role>(kind).rules ?? [])
      for (const group of apiGroups)
        for (const resource of resources) (found[`${group} ${resource}`] ??= []).push(...verbs);
    return found;
  };

  test('of all the hub what it decides by and writes, of its own namespace its Lease and its Pods', () => {
    const everywhere = granted('ClusterRole');
    const here = granted('Role');
    expect({ ...everywhere, ...here }).toEqual(needed);
    expect(Object.keys(here).toSorted()).toEqual([' pods', 'apps replicasets', 'coordination.k8s.io leases']);
    const leases = find<Role>('Role').rules?.filter(({ resources }) => resources?.includes('leases'));
    expect(leases?.map(({ verbs, resourceNames }) => [verbs.includes('create'), resourceNames])).toEqual([
      [true, undefined],
      [false, ['placement-lock']],
    ]);
  });

  test('its account and every binding are of the namespace of the hub', () => {
    const objects = objectsOf().filter(({ object }) => /Binding$|ServiceAccount/.test(object.kind ?? ''));
    const account = { name: 'placement-controller-sa', namespace: 'open-cluster-management-hub' };
    for (const { target, object } of objects) {
      expect(target).toBe('hub');
      expect(object).toMatchObject(
        object.kind === 'ServiceAccount'
          ? { metadata: account }
          : { subjects: [{ kind: 'ServiceAccount', ...account }] },
      );
    }
    expect(objects.map(({ object }) => `${object.kind} ${object.metadata.namespace ?? ''}`)).toEqual([
      'ClusterRoleBinding ',
      'RoleBinding open-cluster-management-hub',
      'RoleBinding kube-system',
      'ServiceAccount open-cluster-management-hub',
    ]);
  });
});

describe('gates of placement (operator.md 2.4)', () => {
  test('no gate is a flag', () => {
    for (const { args } of podOf(withDebug).containers) expect(args?.join()).not.toContain('feature-gates');
  });

  test('since-1.3.1.md 4: SIGPlacementDecision, which nothing implements, is said to be ignored', () => {
    const spec = gates(gate('SIGPlacementDecision'), gate('PlacementDebugServer'));
    const condition = validFeatureGates(unknownGates(clusterManager(spec)));
    expect(condition).toMatchObject({ status: 'False', reason: 'InvalidFeatureGatesExisting' });
    expect(condition.message).toContain('Placement: [SIGPlacementDecision]');
  });
});
