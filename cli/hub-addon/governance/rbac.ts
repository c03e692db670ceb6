import { group } from '../../../operators/api/names.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';

const RBAC = 'rbac.authorization.k8s.io';
const POLICY = 'policy.open-cluster-management.io';

export const CONTROLLER_ACCOUNT = 'policy-addon-ctrl-controller-manager';
export const PROPAGATOR = 'governance-policy-propagator';

const read = ['get', 'list', 'watch'];
const write = ['create', 'delete', ...read, 'patch', 'update'];

/** Words divided by spaces. */
const words = (list: string): string[] => list.split(' ');

const rule = (apiGroups: string[], resources: string, verbs: string[], resourceNames?: string[]) => ({
  apiGroups,
  resources: words(resources),
  verbs,
  ...(resourceNames && { resourceNames }),
});

const ADDONS = [
  'config-policy-controller',
  'governance-policy-framework',
  'governance-standalone-hub-templating',
];
const AGENT_ROLES = [
  'config-policy-controller-hub',
  'governance-standalone-hub-templating',
  'policy-framework-hub',
].map((name) => `open-cluster-management:${name}`);
const EVENTS = ['', 'events.k8s.io'];

/** What the controller that deploys the agents may do (cli.md 13). */
const controllerRules = [
  rule([''], 'pods', read),
  rule([''], 'secrets', read, ['policy-encryption-key']),
  rule(EVENTS, 'events', ['create', ...read, 'patch', 'update']),
  rule([group.addon], 'addondeploymentconfigs clustermanagementaddons', read),
  rule(
    [group.addon],
    'clustermanagementaddons/finalizers managedclusteraddons/finalizers',
    ['update'],
    ADDONS,
  ),
  rule(
    [group.addon],
    'clustermanagementaddons/status managedclusteraddons/status',
    ['patch', 'update'],
    ADDONS,
  ),
  rule([group.addon], 'managedclusteraddons', ['create', ...read, 'update']),
  rule([group.addon], 'managedclusteraddons', ['delete'], ADDONS),
  rule(['authorization.k8s.io'], 'subjectaccessreviews', ['create', 'get']),
  rule(['certificates.k8s.io'], 'certificatesigningrequests certificatesigningrequests/approval', [
    'create',
    ...read,
    'update',
  ]),
  rule(['certificates.k8s.io'], 'signers', ['approve']),
  rule([group.cluster], 'clusterclaims', ['get'], ['id.k8s.io']),
  rule([group.cluster], 'managedclusters', read),
  rule(['config.openshift.io'], 'infrastructures', read),
  rule(['coordination.k8s.io'], 'leases', ['create']),
  rule(['coordination.k8s.io'], 'leases', [...read, 'patch', 'update'], ADDONS),
  rule([POLICY], 'policies', write),
  rule([POLICY], 'policies/finalizers', ['update']),
  rule([POLICY], 'policies/status', ['get', 'patch', 'update']),
  rule([RBAC], 'clusterrolebindings', ['delete', 'get', 'patch', 'update'], AGENT_ROLES.slice(1, 2)),
  rule([RBAC], 'clusterrolebindings clusterroles rolebindings', ['create']),
  rule([RBAC], 'clusterroles rolebindings', ['delete', 'get', 'patch', 'update'], AGENT_ROLES),
  rule([group.work], 'manifestworks', write),
];

const KINDS = 'policies policyautomations policysets';
const each = (subresource: string) =>
  words(KINDS)
    .map((kind) => `${kind}/${subresource}`)
    .join(' ');

/** What the propagator may do; it reads everything, since templates of policies may ask for anything on the hub. */
const propagatorRules = [
  rule([''], 'secrets', [...read, 'update'], ['policy-encryption-key']),
  rule([''], 'secrets serviceaccounts/token', ['create']),
  rule(EVENTS, 'events', write),
  rule(['*'], '*', read),
  rule(['apps.open-cluster-management.io'], 'placementrules', read),
  rule(['authentication.k8s.io'], 'tokenreviews', ['create']),
  rule(['authorization.k8s.io'], 'subjectaccessreviews', ['create']),
  rule([group.cluster], 'managedclusters placementdecisions placements', read),
  rule(['config.openshift.io'], 'dnses', ['get'], ['cluster']),
  rule([POLICY], `placementbindings ${KINDS}`, write),
  rule([POLICY], each('finalizers'), ['update']),
  rule([POLICY], each('status'), ['get', 'patch', 'update']),
  rule(['tower.ansible.com'], 'ansiblejobs', [...write, 'deletecollection']),
];

const leaderRules = [
  rule(['coordination.k8s.io'], 'leases', write),
  rule(EVENTS, 'events', ['create', 'patch']),
];

interface Account {
  account: string;
  namespace: string;
  role: string;
  binding: string;
  leaderRole: string;
  rules: object[];
}

const accountObjects = ({
  account,
  namespace,
  role,
  binding,
  leaderRole,
  rules,
}: Account): UnknownObject[] => {
  const subjects = [{ kind: 'ServiceAccount', name: account, namespace }];
  const roleRef = (kind: string, name: string) => ({ apiGroup: RBAC, kind, name });
  const inRbac = (kind: string, metadata: UnknownObject['metadata'], content: object): UnknownObject => ({
    apiVersion: `${RBAC}/v1`,
    kind,
    metadata,
    ...content,
  });
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
    inRbac('ClusterRole', { name: role }, { rules }),
    inRbac('ClusterRoleBinding', { name: binding }, { roleRef: roleRef('ClusterRole', role), subjects }),
    inRbac('Role', { name: leaderRole, namespace }, { rules: leaderRules }),
    inRbac(
      'RoleBinding',
      { name: `${leaderRole}binding`, namespace },
      { roleRef: roleRef('Role', leaderRole), subjects },
    ),
  ];
};

/** The accounts of both controllers in a namespace, and what they may do. */
export const rbac = (namespace: string): UnknownObject[] => [
  ...accountObjects({
    account: CONTROLLER_ACCOUNT,
    namespace,
    role: 'policy-addon-ctrl-manager-role',
    binding: 'policy-addon-ctrl-manager-rolebinding',
    leaderRole: 'policy-addon-ctrl-leader-election-role',
    rules: controllerRules,
  }),
  ...accountObjects({
    account: PROPAGATOR,
    namespace,
    role: PROPAGATOR,
    binding: `${PROPAGATOR}-global`,
    leaderRole: `${PROPAGATOR}-leader-election-role`,
    rules: propagatorRules,
  }),
];
