import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  agentUser,
  clusterGroup,
  managedClustersGroup,
  serviceAccountGroups,
  serviceAccountUser,
} from '../../operators/api/identities.ts';
import type { ClusterManager } from '../../operators/api/generated/operator.ts';
import { refOf } from '../../operators/registration-operator/apply/index.ts';
import { findBundles, loadBundles, render } from '../../operators/registration-operator/bundle/index.ts';
import {
  nothingObserved as hubUnobserved,
  renderInput as hubInput,
} from '../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import {
  nothingObserved,
  renderInput,
} from '../../operators/registration-operator/klusterlet/rendering/parameters.ts';
import {
  clusterRoleBindingFor,
  clusterRoleFor,
  commonClusterRolesFor,
  registrationRoleBindingFor,
  workRoleBindingFor,
} from '../../operators/registration/hub/accept/permissions.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  namespaces,
  roleBindings,
  subjectAccessReviews,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { clientOf } from './registration/rig.ts';

const hub = 'open-cluster-management-hub';
const agents = 'open-cluster-management-agent';

let controlPlane: ControlPlane;
let admin: Client;

/** Both kinds of permissions on one control plane: those of hub operands and agents, and those of a cluster `c1`. */
beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'least-privilege-operands' });
  admin = clientOf(controlPlane);
  const [bundle] = loadBundles(findBundles());
  const gate = (feature: string) => ({ feature, mode: 'Enable' as const });
  const clusterManager: ClusterManager = {
    metadata: { name: 'cm' },
    spec: {
      deployOption: { mode: 'Default' },
      registrationImagePullSpec: 'r',
      workImagePullSpec: 'w',
      placementImagePullSpec: 'p',
      addOnManagerImagePullSpec: 'a',
      workConfiguration: { workDriver: 'kube', featureGates: [gate('ManifestWorkReplicaSet')] },
    } as ClusterManager['spec'],
  };
  const onHub = render(
    bundle,
    'clustermanager',
    hubInput(clusterManager, {
      ...hubUnobserved('open-cluster-management', { minVersion: 'VersionTLS12', cipherSuites: [] }),
      caBundle: 'b',
      convertsAddons: true,
      grantsTokens: true,
    }),
  ).filter(({ name }) => name === 'hub');
  const klusterlet = {
    metadata: { name: 'k' },
    spec: { registrationImagePullSpec: 'r', workImagePullSpec: 'w' },
  };
  const onAgent = render(bundle, 'klusterlet', renderInput(klusterlet, nothingObserved('Default'))).filter(
    ({ name }) => name === 'managed' || name === 'management',
  );
  const options = { fieldManager: 'test' };
  for (const { objects } of [...onHub, ...onAgent])
    for (const { object } of objects) await admin.apply(refOf(object).resource, object, options);
  for (const name of ['c1', 'c2']) await admin.apply(namespaces, { metadata: { name } }, options);
  for (const role of [clusterRoleFor('c1', true, {}), ...commonClusterRolesFor({})])
    await admin.apply(clusterRoles, role, options);
  await admin.apply(clusterRoleBindings, clusterRoleBindingFor('c1', {}), options);
  for (const binding of [registrationRoleBindingFor('c1', {}), workRoleBindingFor('c1', {})])
    await admin.apply(roleBindings, binding, options);
  // The authorizer knows roles and bindings a little later: all of a kind once it knows the last.
  for (const last of [`get ${cluster}/managedclusters - c1`, `get ${work}/manifestworks c1 w`])
    await waitFor(`"${last}" allowed`, () => isAllowed(clusterAgent, last));
});

afterAll(async () => {
  await admin?.close();
  await controlPlane?.stop();
});

type Identity = [user: string, groups: string[]];
const account = (namespace: string, name: string): Identity => [
  serviceAccountUser(namespace, name),
  serviceAccountGroups(namespace),
];
const clusterAgent: Identity = [
  agentUser('c1', 'agent'),
  [clusterGroup('c1'), managedClustersGroup, 'system:authenticated'],
];

/** `verb group/resource/subresource namespace name`, with `-` for none. */
const isAllowed = async ([user, groups]: Identity, question: string): Promise<boolean> => {
  const [verb, what = '', namespace, name] = question.split(' ').map((part) => (part === '-' ? '' : part));
  const [group, resource, subresource] = what.split('/');
  const { status } = await admin.create(subjectAccessReviews, {
    metadata: { name: '' },
    spec: {
      user,
      groups,
      resourceAttributes: {
        verb,
        group: group === 'core' ? '' : group,
        resource,
        subresource,
        namespace,
        name,
      },
    },
  });
  return status?.allowed === true;
};

const rbac = 'rbac.authorization.k8s.io';
const cluster = 'cluster.open-cluster-management.io';
const work = 'work.open-cluster-management.io';
const register = 'register.open-cluster-management.io';
const addon = 'addon.open-cluster-management.io';
const certificates = 'certificates.k8s.io';

/** What nobody but an administrator may do. */
const never = [
  'get core/secrets kube-system any',
  'create core/pods kube-system',
  'create core/pods/exec kube-system any',
  'create core/serviceaccounts/token kube-system default',
  'get core/nodes/proxy - any',
  'impersonate core/users - admin',
  'impersonate core/groups - system:masters',
  'update core/namespaces/finalize - c1',
  'create apps/deployments kube-system',
  'create apps/daemonsets kube-system',
  `bind ${rbac}/clusterroles - cluster-admin`,
  `escalate ${rbac}/clusterroles - any`,
  `sign ${certificates}/signers - kubernetes.io/kube-apiserver-client`,
  'create admissionregistration.k8s.io/validatingadmissionpolicies - any',
  'delete admissionregistration.k8s.io/validatingadmissionpolicies - any',
  'update operator.open-cluster-management.io/clustermanagers - cm',
  'update operator.open-cluster-management.io/klusterlets - k',
];

/** What a process asks before it shows its metrics to somebody. */
const reviews = [
  'create authentication.k8s.io/tokenreviews - -',
  'create authorization.k8s.io/subjectaccessreviews - -',
];

const identities: [name: string, identity: Identity, allowed: string[], refused: string[]][] = [
  [
    'the registration controller',
    account(hub, 'registration-controller-sa'),
    [
      `update ${certificates}/certificatesigningrequests/approval - any`,
      `approve ${certificates}/signers - kubernetes.io/kube-apiserver-client`,
      `update ${register}/managedclusters/accept - c1`,
      `patch ${cluster}/managedclusters/status - c1`,
      `create ${rbac}/clusterroles - any`,
      'create core/namespaces - c1',
      'create core/serviceaccounts/token open-cluster-management agent-registration-bootstrap',
    ],
    [
      ...never,
      `approve ${certificates}/signers - kubernetes.io/kubelet-serving`,
      `approve ${certificates}/signers - kubernetes.io/kube-apiserver-client-kubelet`,
      `create ${cluster}/managedclusters - c1`,
      `create ${cluster}/managedclustersets/join - any`,
      `create ${cluster}/managedclustersets/join - default`,
      `create ${cluster}/managedclustersets/bind - any`,
      'get core/secrets c1 any',
      `get core/secrets ${hub} signer-secret`,
      'delete apiextensions.k8s.io/customresourcedefinitions - any',
    ],
  ],
  [
    'the registration webhook',
    account(hub, 'registration-webhook-sa'),
    [
      'create authorization.k8s.io/subjectaccessreviews - -',
      'get core/namespaces - c1',
      `get core/configmaps ${hub} any`,
      'get core/configmaps kube-system extension-apiserver-authentication',
    ],
    [
      ...never,
      'list core/namespaces - -',
      'get core/configmaps kube-system any',
      `get ${cluster}/managedclusters - c1`,
      `update ${cluster}/managedclusters - c1`,
      `get core/secrets ${hub} registration-webhook-serving-cert`,
    ],
  ],
  [
    'the work webhook',
    account(hub, 'work-webhook-sa'),
    ['create authorization.k8s.io/subjectaccessreviews - -', `get core/configmaps ${hub} any`],
    [
      ...never,
      'get core/configmaps kube-system any',
      'get core/namespaces - c1',
      `get ${work}/manifestworks c1 w`,
      `create ${work}/manifestworks c1 w`,
    ],
  ],
  [
    'the work controller',
    account(hub, 'work-controller-sa'),
    [
      `create ${work}/manifestworks c1 w`,
      `update ${work}/manifestworkreplicasets/status any w`,
      `get ${cluster}/placementdecisions any p`,
      `create coordination.k8s.io/leases ${hub} work-manager-lock`,
      ...reviews,
    ],
    [
      ...never,
      'create coordination.k8s.io/leases kube-system kube-scheduler',
      'get core/configmaps kube-system any',
      `create ${work}/manifestworkreplicasets any w`,
      `update ${cluster}/placementdecisions any p`,
      `get ${cluster}/managedclusters - c1`,
      `update ${cluster}/managedclusters - c1`,
      `create ${rbac}/clusterrolebindings - any`,
    ],
  ],
  [
    // placement.md 2.3
    'the placement controller',
    account(hub, 'placement-controller-sa'),
    [
      `list ${cluster}/managedclusters - -`,
      `watch ${cluster}/managedclustersets - -`,
      `get ${cluster}/managedclustersetbindings any b`,
      `get ${cluster}/addonplacementscores c1 s`,
      `patch ${cluster}/placements/status any p`,
      `update ${cluster}/placements/finalizers any p`,
      `create ${cluster}/placementdecisions any p-decision-1`,
      `patch ${cluster}/placementdecisions/status any p-decision-1`,
      `delete ${cluster}/placementdecisions any p-decision-1`,
      'create events.k8s.io/events any any',
      `create coordination.k8s.io/leases ${hub} placement-lock`,
      `update coordination.k8s.io/leases ${hub} placement-lock`,
      `get core/pods ${hub} any`,
      'get core/configmaps kube-system extension-apiserver-authentication',
      ...reviews,
    ],
    [
      ...never,
      `update ${cluster}/placements any p`,
      `delete ${cluster}/placements any p`,
      `update ${cluster}/placementdecisions/status any p-decision-1`,
      `update ${cluster}/managedclusters - c1`,
      `patch ${cluster}/managedclusters/status - c1`,
      `create ${cluster}/managedclustersetbindings any b`,
      `create ${cluster}/managedclustersets/bind - any`,
      `update ${cluster}/addonplacementscores c1 s`,
      `get ${work}/manifestworks c1 w`,
      `update coordination.k8s.io/leases ${hub} work-manager-lock`,
      'create coordination.k8s.io/leases kube-system kube-scheduler',
      `get core/configmaps ${hub} any`,
      'get core/configmaps kube-system any',
      'get core/pods c1 any',
      `get core/secrets ${hub} placement-debug-serving-cert`,
      `create ${rbac}/clusterrolebindings - any`,
    ],
  ],
  [
    // addon.md 3.3
    'the add-on manager',
    account(hub, 'addon-manager-controller-sa'),
    [
      `list ${cluster}/managedclusters - -`,
      `watch ${cluster}/placementdecisions - -`,
      `watch ${addon}/clustermanagementaddons - -`,
      `patch ${addon}/clustermanagementaddons/status - a`,
      `create ${addon}/managedclusteraddons c1 a`,
      `patch ${addon}/managedclusteraddons c1 a`,
      `delete ${addon}/managedclusteraddons c1 a`,
      `update ${addon}/managedclusteraddons/finalizers c1 a`,
      `get ${addon}/addontemplates - t`,
      `get ${addon}/addondeploymentconfigs any d`,
      `create ${work}/manifestworks c1 w`,
      `execute-as ${work}/manifestworks c1 system:serviceaccount::klusterlet-work-sa`,
      'patch core/configmaps c1 any',
      `update ${certificates}/certificatesigningrequests/approval - any`,
      `approve ${certificates}/signers - kubernetes.io/kube-apiserver-client`,
      `sign ${certificates}/signers - example.com/its-own`,
      `create ${rbac}/rolebindings c1 any`,
      'create core/serviceaccounts c1 any',
      'create core/serviceaccounts/token c1 a-agent',
      'subscribe core/serviceaccounts/token c1 -',
      `update coordination.k8s.io/leases ${hub} manager-lock`,
      `create core/events ${hub} any`,
      'get core/configmaps kube-system extension-apiserver-authentication',
      ...reviews,
    ],
    [
      // Templates name the signers of their certificates, so that none can be left out, and what it holds of tokens it
      // may only grant: policies say so (least-privilege-hub).
      ...never.filter(
        (question) =>
          !question.startsWith(`sign ${certificates}`) &&
          !question.startsWith('create core/serviceaccounts/token'),
      ),
      `bind ${rbac}/roles c1 any`,
      `escalate ${rbac}/roles c1 any`,
      `create ${rbac}/clusterrolebindings - any`,
      `create ${rbac}/clusterroles - any`,
      `create ${certificates}/certificatesigningrequests - any`,
      `delete ${certificates}/certificatesigningrequests - any`,
      `update ${cluster}/managedclusters - c1`,
      `update ${cluster}/placements any p`,
      `create ${cluster}/placementdecisions any p`,
      `patch ${addon}/clustermanagementaddons - a`,
      `delete ${addon}/clustermanagementaddons - a`,
      `update ${addon}/addontemplates - t`,
      `patch ${work}/manifestworks/status c1 w`,
      `execute-as ${work}/manifestworks c1 system:serviceaccount:default:any`,
      `get core/secrets ${hub} addon-webhook-serving-cert`,
      'get core/secrets c1 any',
      'get core/pods c1 any',
      'create core/events c1 any',
      `update coordination.k8s.io/leases ${hub} placement-lock`,
    ],
  ],
  [
    // It is asked by the API server, and asks nothing.
    'the add-on webhook',
    account(hub, 'addon-webhook-sa'),
    ['create authorization.k8s.io/selfsubjectaccessreviews - -'],
    [
      ...never,
      ...reviews,
      `get ${addon}/managedclusteraddons c1 a`,
      `get core/configmaps ${hub} any`,
      'get core/configmaps kube-system extension-apiserver-authentication',
      `get core/secrets ${hub} addon-webhook-serving-cert`,
    ],
  ],
  [
    'the registration agent on its own cluster',
    account(agents, 'k-registration-sa'),
    [
      'list core/nodes - -',
      `update core/secrets ${agents} hub-kubeconfig-secret`,
      `get ${cluster}/clusterclaims - any`,
      `update coordination.k8s.io/leases ${agents} registration-agent-lock`,
      // Add-ons have their credentials in namespaces of their own.
      'create core/secrets any any',
      ...reviews,
    ],
    [
      ...never.filter((question) => !question.startsWith('get core/secrets')),
      'update core/nodes - any',
      'delete core/namespaces - any',
      'get core/configmaps kube-system any',
      `create ${rbac}/clusterrolebindings - any`,
      `get ${work}/appliedmanifestworks - any`,
      'impersonate core/serviceaccounts any any',
      'create apiextensions.k8s.io/customresourcedefinitions - any',
    ],
  ],
  [
    // With `admin`, escalate and bind by contract: what stays closed is little, and all the rest is root in effect.
    'the work agent on its own cluster',
    account(agents, 'k-work-sa'),
    [
      `create ${work}/appliedmanifestworks - any`,
      'impersonate core/serviceaccounts any any',
      'create apps/deployments any any',
      'get core/secrets any any',
      `bind ${rbac}/clusterroles - cluster-admin`,
      `escalate ${rbac}/clusterroles - any`,
      ...reviews,
    ],
    [
      'get core/nodes/proxy - any',
      'update core/nodes - any',
      'impersonate core/users - admin',
      'impersonate core/groups - system:masters',
      `sign ${certificates}/signers - kubernetes.io/kube-apiserver-client`,
      `update ${certificates}/certificatesigningrequests/approval - any`,
      'create admissionregistration.k8s.io/validatingadmissionpolicies - any',
      'delete admissionregistration.k8s.io/validatingadmissionpolicies - any',
      'delete admissionregistration.k8s.io/validatingwebhookconfigurations - any',
      'update operator.open-cluster-management.io/klusterlets - k',
    ],
  ],
  [
    'the agents of cluster c1 on the hub',
    clusterAgent,
    [
      `get ${cluster}/managedclusters - c1`,
      `update ${cluster}/managedclusters/status - c1`,
      `create ${certificates}/certificatesigningrequests - any`,
      `renew ${register}/managedclusters/clientcertificates - c1`,
      'update coordination.k8s.io/leases c1 managed-cluster-lease',
      'create events.k8s.io/events c1 any',
      `get ${work}/manifestworks c1 w`,
      `patch ${work}/manifestworks/status c1 w`,
      `patch ${addon}/managedclusteraddons/status c1 a`,
    ],
    [
      ...never,
      `get ${cluster}/managedclusters - c2`,
      `list ${cluster}/managedclusters - -`,
      `create ${cluster}/managedclusters - c2`,
      `delete ${cluster}/managedclusters - c1`,
      `update ${cluster}/managedclusters/status - c2`,
      `update ${register}/managedclusters/accept - c1`,
      `create ${cluster}/managedclustersets/join - any`,
      `update ${certificates}/certificatesigningrequests/approval - any`,
      `approve ${certificates}/signers - kubernetes.io/kube-apiserver-client`,
      `delete ${certificates}/certificatesigningrequests - any`,
      'update coordination.k8s.io/leases c2 managed-cluster-lease',
      'create coordination.k8s.io/leases c1 any',
      'delete coordination.k8s.io/leases c1 managed-cluster-lease',
      'create events.k8s.io/events c2 any',
      `get ${work}/manifestworks c2 w`,
      `create ${work}/manifestworks c1 w`,
      `delete ${work}/manifestworks c1 w`,
      `patch ${work}/manifestworks/status c2 w`,
      `execute-as ${work}/manifestworks c1 any`,
      `update ${addon}/managedclusteraddons c1 a`,
      `patch ${addon}/managedclusteraddons/status c2 a`,
      'get core/secrets c1 any',
      'get core/configmaps c1 any',
      'get core/namespaces - c1',
      `create ${rbac}/rolebindings c1 any`,
    ],
  ],
];

describe.each(identities)('%s', (_, identity, allowed, refused) => {
  test.each(allowed)('may %s', async (question) => {
    expect(await isAllowed(identity, question)).toBe(true);
  });

  test.each(refused)('may not %s', async (question) => {
    expect(await isAllowed(identity, question)).toBe(false);
  });
});

test('a cluster that was denied sees that it was, and nothing else', async () => {
  await admin.apply(clusterRoles, clusterRoleFor('c1', false, {}), { fieldManager: 'test' });
  const ask = (question: string) => isAllowed(clusterAgent, question);
  // the authorizer sees a changed role a little later
  const lost = `update ${cluster}/managedclusters/status - c1`;
  await waitFor(`"${lost}" refused`, async () => !(await ask(lost)));
  await expect(ask(`get ${cluster}/managedclusters - c1`)).resolves.toBe(true);
  for (const question of [
    `create ${certificates}/certificatesigningrequests - any`,
    `renew ${register}/managedclusters/clientcertificates - c1`,
  ])
    expect([question, await ask(question)]).toEqual([question, false]);
});
