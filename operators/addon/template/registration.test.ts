import { describe, expect, test } from '@jest/globals';
import type {
  AddOnTemplateSpec,
  ManagedClusterAddOn,
  ManagedClusterAddOnRegistration,
} from '../../api/generated/addon.ts';
import { hubRoleBindings, hubSubjects } from './permissions.ts';
import { credentialsOf, registrationsFor } from './registration.ts';

const prefix = 'system:open-cluster-management:';
const user = `${prefix}cluster:c1:addon:a:agent:a-agent`;
const groups = [`${prefix}cluster:c1:addon:a`, `${prefix}addon:a`];

const addonWith = (registrations?: ManagedClusterAddOnRegistration[]): ManagedClusterAddOn => ({
  metadata: { name: 'a', namespace: 'c1', uid: 'u' },
  spec: {},
  status: { ...(registrations && { registrations }) },
});
const templateWith = (registration?: AddOnTemplateSpec['registration']): AddOnTemplateSpec => ({
  addonName: 'a',
  agentSpec: {},
  ...(registration && { registration }),
});
const signer = (subject?: object) => ({
  type: 'CustomSigner' as const,
  customSigner: { signerName: 'example.com/s', signingCA: { name: 'ca' }, ...(subject && { subject }) },
});
const kubeClient = { type: 'KubeClient' as const, kubeClient: {} };

describe('registrations of a template add-on', () => {
  test('addon.md 64: none said, and none wanted', () => {
    expect(registrationsFor(templateWith(), addonWith())).toBeUndefined();
    expect(registrationsFor(templateWith([]), addonWith())).toEqual([]);
  });

  test('addon.md 64: the hub’s API server, and a signer with its own subject or the usual one', () => {
    const subject = { user: 'u', groups: ['g'], organizationUnit: ['o'] };
    expect(registrationsFor(templateWith([kubeClient, signer(), signer(subject)]), addonWith())).toEqual([
      { type: 'kubeClient', kubeClient: { subject: { user, groups } } },
      { type: 'customSigner', customSigner: { signerName: 'example.com/s', subject: { user, groups } } },
      {
        type: 'customSigner',
        customSigner: {
          signerName: 'example.com/s',
          subject: { user: 'u', groups: ['g'], organizationUnits: ['o'] },
        },
      },
    ]);
  });

  test.each<[string, ManagedClusterAddOnRegistration['kubeClient'], object]>([
    ['csr', { driver: 'csr', subject: { user: 'other' } }, { driver: 'csr', subject: { user, groups } }],
    [
      'token, recorded',
      { driver: 'token', subject: { user: 't' } },
      { driver: 'token', subject: { user: 't' } },
    ],
    ['token, not yet recorded', { driver: 'token' }, { driver: 'token' }],
    ['none', {}, { subject: { user, groups } }],
  ])('addon.md 7.1: what the agent recorded stays: driver %s', (_, recorded, expected) => {
    const addon = addonWith([{ type: 'kubeClient', kubeClient: recorded }]);
    expect(registrationsFor(templateWith([signer(), kubeClient]), addon)![1]).toEqual({
      type: 'kubeClient',
      kubeClient: expected,
    });
  });

  test('addon.md 65: the certificates that its agent may have', () => {
    const applicant = { addon: 'a', cluster: 'c1' };
    expect(credentialsOf(templateWith([kubeClient, signer({ user: 'u' })]), applicant)).toEqual([
      {
        signerName: 'kubernetes.io/kube-apiserver-client',
        subject: { commonName: user, organizations: groups },
      },
      {
        signerName: 'example.com/s',
        subject: { commonName: 'u', organizations: [], organizationalUnits: [] },
      },
    ]);
    expect(credentialsOf(templateWith(), applicant)).toEqual([]);
  });
});

describe('permissions of a template add-on on the hub', () => {
  const known = (subject: object): ManagedClusterAddOnRegistration[] => [
    { type: 'customSigner', customSigner: { signerName: 'example.com/s', subject: { user: 'wrong' } } },
    { type: 'kubeClient', kubeClient: { subject } },
    { type: 'kubeClient', kubeClient: { subject: { user: 'second' } } },
  ];
  const names = (registrations?: ManagedClusterAddOnRegistration[]) =>
    hubSubjects(addonWith(registrations)).map(({ kind, name }) => `${kind} ${name}`);

  test.each<[string, ManagedClusterAddOnRegistration[] | undefined, string[]]>([
    ['user and groups', known({ user: 'u', groups: ['g'] }), ['User u', 'Group g']],
    ['groups alone', known({ groups: ['g', 'h'] }), ['Group g', 'Group h']],
    ['user alone', known({ user: 'u' }), ['User u']],
    ['without the group of everybody', known({ user: 'u', groups: ['system:authenticated'] }), ['User u']],
    ['none', known({}), []],
    ['only another signer', known({}).slice(0, 1), []],
    ['nothing', undefined, []],
  ])('addon.md 68: who its agent is: %s', (_, registrations, expected) => {
    expect(names(registrations)).toEqual(expected);
  });

  const current = (clusterRoleName: string) => ({
    type: 'CurrentCluster' as const,
    currentCluster: { clusterRoleName },
  });
  const single = (namespace: string, name: string, kind = 'Role') => ({
    type: 'SingleNamespace' as const,
    singleNamespace: { namespace, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name } },
  });
  const bindings = (
    hubPermissions: (ReturnType<typeof current> | ReturnType<typeof single>)[],
    cluster = 'c1',
  ) => {
    const addon = addonWith(known({ user: 'u', groups: ['g'] }));
    return hubRoleBindings(templateWith([signer(), { type: 'KubeClient', kubeClient: { hubPermissions } }]), {
      ...addon,
      metadata: { ...addon.metadata, namespace: cluster },
    });
  };

  test('addon.md 67: in the namespace of its own cluster, owned by the add-on', () => {
    expect(bindings([current('r')])).toEqual([
      {
        metadata: {
          name: 'open-cluster-management:a:clusterrole:agent',
          namespace: 'c1',
          labels: {
            'open-cluster-management.io/addon-name': 'a',
            'open-cluster-management.io/addon-template-name': '',
          },
          ownerReferences: [
            {
              apiVersion: 'addon.open-cluster-management.io/v1beta1',
              kind: 'ManagedClusterAddOn',
              name: 'a',
              uid: 'u',
              controller: true,
            },
          ],
        },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'r' },
        subjects: [
          { apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'u' },
          { apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'g' },
        ],
      },
    ]);
  });

  test('addon.md 67 (A13): in a namespace that clusters share, one for each of them, found by its cluster', () => {
    const [one] = bindings([single('shared', 'r')], 'c1');
    const [other] = bindings([single('shared', 'r')], 'c2');
    expect(one!.metadata.name).not.toBe(other!.metadata.name);
    expect(one!.metadata).toMatchObject({
      namespace: 'shared',
      labels: { 'open-cluster-management.io/addon-namespace': 'c1' },
    });
    expect(one!.metadata.ownerReferences).toBeUndefined();
  });

  test('addon.md 67 (A13): two roles of one kind are two bindings; the same twice is one', () => {
    const found = bindings([current('r1'), current('r2'), current('r2'), single('c1', 'r3')]);
    expect(found.map(({ roleRef }) => roleRef.name)).toEqual(['r1', 'r2', 'r3']);
    expect(new Set(found.map(({ metadata }) => metadata.name)).size).toBe(3);
    expect(found[0]!.metadata.name).toBe('open-cluster-management:a:clusterrole:agent');
  });

  test('addon.md 67: nothing while nobody is known, and for other signers', () => {
    const wanted = templateWith([{ type: 'KubeClient', kubeClient: { hubPermissions: [current('r')] } }]);
    expect(hubRoleBindings(wanted, addonWith())).toEqual([]);
    expect(hubRoleBindings(templateWith([signer()]), addonWith(known({ user: 'u' })))).toEqual([]);
  });
});
