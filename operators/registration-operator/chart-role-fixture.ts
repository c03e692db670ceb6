import type { OperatorName } from './bundle/index.ts';

/*
 * Upstream's charts and clusteradm install the operator with a ClusterRole of their own, without escalate and bind. What a
 * bundle grants to operands has to be in it, or the API server refuses the grant (packaging.md 4.1).
 */
const crud = ['create', 'get', 'list', 'update', 'watch', 'patch', 'delete'];
const read = ['get', 'list', 'watch'];
const write = ['update', 'patch'];
const ocm = (group: string) => `${group}.open-cluster-management.io`;
const namedSecrets = [
  'signer-secret',
  'registration-webhook-serving-cert',
  'work-webhook-serving-cert',
  'addon-webhook-serving-cert',
  'registration-controller-sa-kubeconfig',
  'registration-webhook-sa-kubeconfig',
  'work-webhook-sa-kubeconfig',
  'placement-controller-sa-kubeconfig',
  'work-controller-sa-kubeconfig',
  'addon-manager-controller-sa-kubeconfig',
  'addon-webhook-sa-kubeconfig',
  'external-hub-kubeconfig',
  'work-driver-config',
  'open-cluster-management-image-pull-credentials',
  'grpc-server-serving-cert',
  'cluster-import-config',
];
type Row = [groups: string[], resources: string[], verbs: string[], names?: string[]];

const hub: Row[] = [
  [[''], ['configmaps', 'namespaces', 'serviceaccounts', 'services'], [...crud, 'deletecollection']],
  [[''], ['serviceaccounts/token'], ['create', 'subscribe']],
  [[''], ['pods'], ['get']],
  [[''], ['secrets'], [...read, ...write, 'delete'], namedSecrets],
  [[''], ['secrets'], ['create']],
  [['coordination.k8s.io'], ['leases'], crud],
  [[''], ['nodes'], read],
  [['authorization.k8s.io'], ['subjectaccessreviews'], ['create', 'get']],
  [['', 'events.k8s.io'], ['events'], [...crud, 'deletecollection']],
  [['apps'], ['deployments'], crud],
  [['apps'], ['replicasets'], ['get']],
  [['rbac.authorization.k8s.io'], ['clusterrolebindings', 'rolebindings', 'clusterroles', 'roles'], crud],
  [['apiextensions.k8s.io'], ['customresourcedefinitions'], crud],
  [['apiextensions.k8s.io'], ['customresourcedefinitions/status'], write],
  [['apiregistration.k8s.io'], ['apiservices'], crud],
  [
    ['admissionregistration.k8s.io'],
    ['validatingwebhookconfigurations', 'mutatingwebhookconfigurations'],
    crud,
  ],
  [[ocm('operator')], ['clustermanagers'], [...read, ...write, 'delete']],
  [[ocm('operator')], ['clustermanagers/status'], write],
  [['migration.k8s.io'], ['storageversionmigrations'], crud],
  [[ocm('addon')], ['managedclusteraddons', 'clustermanagementaddons'], crud],
  [[ocm('addon')], ['managedclusteraddons/status', 'clustermanagementaddons/status'], write],
  [[ocm('addon')], ['managedclusteraddons/finalizers', 'clustermanagementaddons/finalizers'], ['update']],
  [[ocm('addon')], ['addondeploymentconfigs', 'addontemplates'], read],
  [['authentication.k8s.io'], ['tokenreviews'], ['create']],
  [['certificates.k8s.io'], ['certificatesigningrequests'], ['create', ...read]],
  [
    ['certificates.k8s.io'],
    ['certificatesigningrequests/approval', 'certificatesigningrequests/status'],
    ['update'],
  ],
  [['certificates.k8s.io'], ['signers'], ['approve', 'sign']],
  [[ocm('cluster')], ['managedclusters'], [...read, 'create', ...write]],
  [[ocm('cluster')], ['managedclustersetbindings', 'placements', 'addonplacementscores'], read],
  [[ocm('cluster')], ['managedclustersets', 'placementdecisions'], crud],
  [
    [ocm('cluster')],
    [
      'managedclusters/status',
      'managedclustersetbindings/status',
      'managedclustersets/status',
      'placements/status',
      'placementdecisions/status',
    ],
    write,
  ],
  [[ocm('cluster')], ['placements/finalizers'], ['update']],
  [[ocm('cluster')], ['managedclustersets/join'], ['create']],
  [[ocm('register')], ['managedclusters/clientcertificates'], ['renew']],
  [[ocm('register')], ['managedclusters/accept'], ['update']],
  [[ocm('work')], ['manifestworkreplicasets'], [...crud, 'deletecollection']],
  [[ocm('work')], ['manifestworkreplicasets/finalizers'], ['update']],
  [[ocm('work')], ['manifestworks'], [...crud, 'deletecollection', 'execute-as']],
  [[ocm('work')], ['manifestworks/status', 'manifestworkreplicasets/status'], write],
  [['flowcontrol.apiserver.k8s.io'], ['flowschemas', 'prioritylevelconfigurations'], read],
  [['config.openshift.io'], ['infrastructures'], ['get']],
  [['multicluster.x-k8s.io'], ['clusterprofiles'], crud],
  [['multicluster.x-k8s.io'], ['clusterprofiles/status'], write],
  [['cluster.x-k8s.io'], ['clusters'], read],
];

/** That of the klusterlet operator (packaging.md 4.2). */
const agents: Row[] = [
  [[''], ['configmaps', 'serviceaccounts'], crud],
  [[''], ['secrets'], ['create']],
  [
    [''],
    ['secrets'],
    ['update', ...read, 'delete'],
    [
      'open-cluster-management-image-pull-credentials',
      'bootstrap-hub-kubeconfig',
      'hub-kubeconfig-secret',
      'external-managed-kubeconfig',
      'external-managed-kubeconfig-work',
      'external-managed-kubeconfig-registration',
      'external-managed-kubeconfig-agent',
    ],
  ],
  [[''], ['pods'], ['get']],
  [['apps'], ['replicasets'], ['get']],
  [['coordination.k8s.io'], ['leases'], ['create', ...read, ...write]],
  [['authorization.k8s.io'], ['subjectaccessreviews'], ['create']],
  [[''], ['namespaces'], crud],
  [[''], ['nodes'], read],
  [['', 'events.k8s.io'], ['events'], ['create', ...write]],
  [['apps'], ['deployments'], crud],
  [['rbac.authorization.k8s.io'], ['clusterrolebindings', 'rolebindings'], crud],
  [['rbac.authorization.k8s.io'], ['clusterroles', 'roles'], [...crud, 'escalate', 'bind']],
  [['apiextensions.k8s.io'], ['customresourcedefinitions'], crud],
  [[ocm('operator')], ['klusterlets'], [...read, ...write, 'delete']],
  [[ocm('operator')], ['klusterlets/status'], write],
  [[ocm('work')], ['appliedmanifestworks'], ['list', ...write]],
];

export interface Rule {
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
  verbs: string[];
}

/** Each single permission of a rule, as words. */
export const permissions = ({ apiGroups, resources, verbs, resourceNames = ['*'] }: Rule): string[] =>
  apiGroups.flatMap((group) =>
    resources.flatMap((resource) =>
      verbs.flatMap((verb) => resourceNames.map((name) => `${verb} ${group}/${resource} ${name}`)),
    ),
  );

/** Each permission of an operator by upstream's chart. */
export const roleOfChart = (operator: OperatorName): string[] =>
  (operator === 'cluster-manager' ? hub : agents).flatMap(([apiGroups, resources, verbs, resourceNames]) =>
    permissions({ apiGroups, resources, verbs, resourceNames }),
  );
