import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { label, namespace } from '../../../operators/api/names.ts';
import { tokenInfrastructure } from '../../../operators/addon/token/infrastructure.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { parseKubeconfig } from '../../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  clusterRoles,
  namespaces,
  type Role,
  type RoleBinding,
  roleBindings,
  roles,
  serviceAccounts,
} from '../../../operators/runtime/client/kubernetes.ts';
import type { ControlPlane } from '../../cluster/index.ts';
import { managerKubeconfig } from '../addon/manager-account.ts';
import { untilEnforced, verdictOn } from './identity.ts';

const dryRun = { dryRun: true };
const apiGroup = 'rbac.authorization.k8s.io';
const cluster = 'c1';
const foreign = 'somebody-elses';
const account = 'addon-manager-controller-sa';

const { role, roleBinding } = tokenInfrastructure('a', cluster, namespace.hub);
const [creates, subscribes] = role.rules!;
const withRules = (...rules: Role['rules'] & object): Role => ({ ...role, rules });
const inside = <T extends Role | RoleBinding>(namespace: string, object: T): T => ({
  ...object,
  metadata: { ...object.metadata, namespace },
});
const withSubject = (binding: RoleBinding, kind: string, name: string): RoleBinding => ({
  ...binding,
  subjects: [{ apiGroup, kind, name }],
});
const withAccount = (binding: RoleBinding, name: string, of: string): RoleBinding => ({
  ...binding,
  subjects: [{ kind: 'ServiceAccount', name, namespace: of }],
});
const user = 'system:open-cluster-management:cluster:c1:addon:a:agent:a-agent';
const ofTemplate = (roleRef: string): RoleBinding => ({
  metadata: { name: 'open-cluster-management:a:clusterrole:agent', namespace: cluster },
  roleRef: { apiGroup, kind: 'ClusterRole', name: roleRef },
  subjects: [
    { apiGroup, kind: 'User', name: user },
    { apiGroup, kind: 'Group', name: 'system:open-cluster-management:addon:a' },
  ],
});

/** Declares what a stolen token of the add-on manager may not do with what it holds to grant it, on a plane that stands. */
export const boundsOfAddonManager = (rig: () => { admin: Client; controlPlane: ControlPlane }): void =>
  describe('addon.md 4.7, 6.5: a stolen token of the add-on manager', () => {
    let thief: Client;

    beforeAll(async () => {
      const { admin, controlPlane } = rig();
      const labels = { [label.clusterName]: cluster };
      await admin.create(namespaces, { metadata: { name: cluster, labels } });
      await admin.create(namespaces, { metadata: { name: foreign } });
      const rules = [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }];
      await admin.create(clusterRoles, { metadata: { name: 'reads-configmaps' }, rules });
      const kubeconfig = await readFile(await managerKubeconfig(controlPlane, admin), 'utf8');
      thief = connect(parseKubeconfig(kubeconfig), { userAgent: 'test' });
      // The API server looks for the account before it asks policies.
      await admin.create(serviceAccounts, { metadata: { name: 'a-agent', namespace: cluster } });
      await admin.create(serviceAccounts, { metadata: { name: account, namespace: foreign } });
      await untilEnforced(() => token());
      await untilEnforced(() => thief.create(roles, inside(foreign, role), dryRun));
      // A binding needs its role.
      await admin.create(roles, inside(foreign, role));
      await thief.create(roles, role);
      await untilEnforced(() => thief.create(roleBindings, inside(foreign, roleBinding), dryRun));
    });
    afterAll(() => thief?.close());

    const token = (name = 'a-agent', namespace = cluster) =>
      thief.createSubresource(serviceAccounts, { name, namespace }, 'token', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: {},
      });
    const makes = (attempt: Role) => () =>
      thief.create(roles, { ...attempt, metadata: { ...attempt.metadata, name: 'b-token-role' } }, dryRun);
    const changes = (attempt: Role) => () =>
      thief.apply(roles, attempt, { ...dryRun, fieldManager: 'thief' });
    const binds = (attempt: RoleBinding) => () => thief.create(roleBindings, attempt, dryRun);

    test.each<[string, () => Promise<unknown>, RegExp]>([
      ['asks for a token of an add-on', () => token(), /only to grant it to agents of add-ons/],
      ['asks for a token of anybody', () => token(account, foreign), /only to grant it to agents of add-ons/],
      [
        'grants tokens where no managed cluster has its namespace',
        () => thief.create(roles, inside('kube-system', role), dryRun),
        /in namespaces of managed clusters only/,
      ],
      [
        'grants tokens of all accounts',
        makes(withRules({ ...creates!, resourceNames: [] })),
        /nothing but tokens/,
      ],
      [
        'grants tokens of several accounts',
        makes(withRules({ ...creates!, resourceNames: ['b-agent', 'default'] })),
        /nothing but tokens/,
      ],
      ['grants tokens of another account', makes(withRules(creates!)), /the Role's own add-on only/],
      [
        'grants what it holds besides',
        makes(withRules({ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] })),
        /nothing but tokens/,
      ],
      [
        'changes a Role to grant tokens of another account',
        changes(withRules({ ...creates!, resourceNames: ['default'] }, subscribes!)),
        /the Role's own add-on only/,
      ],
      [
        'binds a Role for tokens elsewhere',
        binds(inside(foreign, roleBinding)),
        /binds Roles for tokens in namespaces of managed clusters only/,
      ],
      [
        'binds it to the agents of another cluster',
        binds(withSubject(roleBinding, 'Group', 'system:open-cluster-management:c2')),
        /each to the agents of its cluster/,
      ],
      [
        'binds it to the gRPC server of another namespace',
        binds(withAccount(roleBinding, 'grpc-server-sa', foreign)),
        /agents of its cluster and the hub's gRPC server/,
      ],
      [
        'binds it to another account of the hub',
        binds(withAccount(roleBinding, account, namespace.hub)),
        /agents of its cluster and the hub's gRPC server/,
      ],
      ['binds it to a user', binds(withSubject(roleBinding, 'User', 'mallory')), /agents of its cluster/],
      [
        'binds a ClusterRole by such a name',
        binds({ ...roleBinding, roleRef: ofTemplate('reads-configmaps').roleRef }),
        /agents of its cluster/,
      ],
      [
        'binds what a template asks for to a user',
        binds(withSubject(ofTemplate('reads-configmaps'), 'User', 'mallory')),
        /to agents of add-ons only/,
      ],
      [
        'binds it to a group of everybody',
        binds(withSubject(ofTemplate('reads-configmaps'), 'Group', 'system:authenticated')),
        /to agents of add-ons only/,
      ],
      [
        'binds what it holds itself',
        binds(inside('kube-system', ofTemplate('open-cluster-management:cm-addon-manager:controller'))),
        /binds nobody to its own role/,
      ],
      ['binds what neither it holds nor may bind', binds(ofTemplate('cluster-admin')), /not currently held/],
    ])('%s: refused', async (_, attempt, message) => {
      expect(await verdictOn(attempt)).toMatch(message);
    });

    test('has another of its name no more to gain', async () => {
      const { admin } = rig();
      const as = {
        'Impersonate-User': `system:serviceaccount:${foreign}:${account}`,
        'Impersonate-Group': 'system:masters',
      };
      const path = `/api/v1/namespaces/${cluster}/serviceaccounts/a-agent/token`;
      const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} };
      expect(await verdictOn(() => admin.request({ method: 'POST', path, body, headers: as }))).toMatch(
        /only to grant it to agents of add-ons/,
      );
    });

    test.each(['a', 'a'.repeat(242), 'a'.repeat(245), 'a'.repeat(253)])(
      'but what it is for is admitted: the tokens of add-on %s',
      async (addon) => {
        const wanted = tokenInfrastructure(addon, cluster, namespace.hub);
        const options = { fieldManager: 'addon-manager-token' };
        expect(await verdictOn(() => thief.apply(roles, wanted.role, options))).toBe('admitted');
        expect(await verdictOn(() => thief.apply(roleBindings, wanted.roleBinding, options))).toBe(
          'admitted',
        );
      },
    );

    test.each([
      ['by certificate', ofTemplate('reads-configmaps')],
      ['by token', withSubject(ofTemplate('reads-configmaps'), 'User', 'system:serviceaccount:c1:a-agent')],
      ['in a namespace that clusters share', inside(foreign, ofTemplate('reads-configmaps'))],
    ])('and what a template binds, %s', async (_, binding) => {
      expect(await verdictOn(binds(binding))).toBe('admitted');
    });
  });
