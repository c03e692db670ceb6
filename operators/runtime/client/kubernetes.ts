/**
 * The built-in Kubernetes resources that controllers use. The types are those of the API, with `metadata` present
 * as it is on every stored object.
 */
import type * as admission from 'kubernetes-types/admissionregistration/v1.js';
import type * as extensions from 'kubernetes-types/apiextensions/v1.js';
import type * as apps from 'kubernetes-types/apps/v1.js';
import type * as authentication from 'kubernetes-types/authentication/v1.js';
import type * as authorization from 'kubernetes-types/authorization/v1.js';
import type * as certificates from 'kubernetes-types/certificates/v1.js';
import type * as coordination from 'kubernetes-types/coordination/v1.js';
import type * as core from 'kubernetes-types/core/v1.js';
import type * as discovery from 'kubernetes-types/discovery/v1.js';
import type { Event as EventV1 } from 'kubernetes-types/events/v1.js';
import type * as networking from 'kubernetes-types/networking/v1.js';
import type * as rbac from 'kubernetes-types/rbac/v1.js';
import type { KubeObject, ObjectMeta } from './object.ts';
import type { Resource } from './resource.ts';

type Stored<T> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
};

export type Namespace = Stored<core.Namespace>;
export type Node = Stored<core.Node>;
export type Pod = Stored<core.Pod>;
export type PodTemplateSpec = core.PodTemplateSpec;
export type Container = core.Container;
export type Toleration = core.Toleration;
export type ResourceRequirements = core.ResourceRequirements;
export type Secret = Stored<core.Secret>;
export type ConfigMap = Stored<core.ConfigMap>;
export type Service = Stored<core.Service>;
export type ServiceAccount = Stored<core.ServiceAccount>;
export type Endpoints = Stored<core.Endpoints>;
export type EndpointSlice = Stored<discovery.EndpointSlice>;
export type NetworkPolicy = Stored<networking.NetworkPolicy>;
export type Event = Stored<EventV1>;
export type Deployment = Stored<apps.Deployment>;
export type ReplicaSet = Stored<apps.ReplicaSet>;
export type DaemonSet = Stored<apps.DaemonSet>;
export type Lease = Stored<coordination.Lease>;
export type CertificateSigningRequest = Stored<certificates.CertificateSigningRequest>;
export type PolicyRule = rbac.PolicyRule;
export type Role = Stored<rbac.Role>;
export type RoleBinding = Stored<rbac.RoleBinding>;
export type ClusterRole = Stored<rbac.ClusterRole>;
export type ClusterRoleBinding = Stored<rbac.ClusterRoleBinding>;
export type CustomResourceDefinition = Stored<extensions.CustomResourceDefinition>;
export type ValidatingWebhookConfiguration = Stored<admission.ValidatingWebhookConfiguration>;
export type MutatingWebhookConfiguration = Stored<admission.MutatingWebhookConfiguration>;
export type ValidatingAdmissionPolicy = Stored<admission.ValidatingAdmissionPolicy>;
export type ValidatingAdmissionPolicyBinding = Stored<admission.ValidatingAdmissionPolicyBinding>;
export type SubjectAccessReview = Stored<authorization.SubjectAccessReview>;
export type SelfSubjectAccessReview = Stored<authorization.SelfSubjectAccessReview>;
export type ResourceAttributes = authorization.ResourceAttributes;
export type TokenReview = Stored<authentication.TokenReview>;
export type TokenRequest = Stored<authentication.TokenRequest>;

const define =
  (group: string, version: string) =>
  <T extends KubeObject>(kind: string, plural: string, namespaced: boolean): Resource<T> => ({
    group,
    version,
    plural,
    kind,
    namespaced,
  });

const inCore = define('', 'v1');
export const namespaces = inCore<Namespace>('Namespace', 'namespaces', false);
export const nodes = inCore<Node>('Node', 'nodes', false);
export const pods = inCore<Pod>('Pod', 'pods', true);
export const secrets = inCore<Secret>('Secret', 'secrets', true);
export const configMaps = inCore<ConfigMap>('ConfigMap', 'configmaps', true);
export const services = inCore<Service>('Service', 'services', true);
export const serviceAccounts = inCore<ServiceAccount>('ServiceAccount', 'serviceaccounts', true);
export const endpoints = inCore<Endpoints>('Endpoints', 'endpoints', true);

export const endpointSlices = define('discovery.k8s.io', 'v1')<EndpointSlice>(
  'EndpointSlice',
  'endpointslices',
  true,
);

export const networkPolicies = define('networking.k8s.io', 'v1')<NetworkPolicy>(
  'NetworkPolicy',
  'networkpolicies',
  true,
);

export const events = define('events.k8s.io', 'v1')<Event>('Event', 'events', true);

const inApps = define('apps', 'v1');
export const deployments = inApps<Deployment>('Deployment', 'deployments', true);
export const replicaSets = inApps<ReplicaSet>('ReplicaSet', 'replicasets', true);
export const daemonSets = inApps<DaemonSet>('DaemonSet', 'daemonsets', true);

export const leases = define('coordination.k8s.io', 'v1')<Lease>('Lease', 'leases', true);

export const certificateSigningRequests = define('certificates.k8s.io', 'v1')<CertificateSigningRequest>(
  'CertificateSigningRequest',
  'certificatesigningrequests',
  false,
);

const inRbac = define('rbac.authorization.k8s.io', 'v1');
export const roles = inRbac<Role>('Role', 'roles', true);
export const roleBindings = inRbac<RoleBinding>('RoleBinding', 'rolebindings', true);
export const clusterRoles = inRbac<ClusterRole>('ClusterRole', 'clusterroles', false);
export const clusterRoleBindings = inRbac<ClusterRoleBinding>(
  'ClusterRoleBinding',
  'clusterrolebindings',
  false,
);

export const customResourceDefinitions = define('apiextensions.k8s.io', 'v1')<CustomResourceDefinition>(
  'CustomResourceDefinition',
  'customresourcedefinitions',
  false,
);

const inAdmission = define('admissionregistration.k8s.io', 'v1');
export const validatingWebhookConfigurations = inAdmission<ValidatingWebhookConfiguration>(
  'ValidatingWebhookConfiguration',
  'validatingwebhookconfigurations',
  false,
);
export const mutatingWebhookConfigurations = inAdmission<MutatingWebhookConfiguration>(
  'MutatingWebhookConfiguration',
  'mutatingwebhookconfigurations',
  false,
);

export const validatingAdmissionPolicies = inAdmission<ValidatingAdmissionPolicy>(
  'ValidatingAdmissionPolicy',
  'validatingadmissionpolicies',
  false,
);
export const validatingAdmissionPolicyBindings = inAdmission<ValidatingAdmissionPolicyBinding>(
  'ValidatingAdmissionPolicyBinding',
  'validatingadmissionpolicybindings',
  false,
);

const inAuthorization = define('authorization.k8s.io', 'v1');
export const subjectAccessReviews = inAuthorization<SubjectAccessReview>(
  'SubjectAccessReview',
  'subjectaccessreviews',
  false,
);
export const selfSubjectAccessReviews = inAuthorization<SelfSubjectAccessReview>(
  'SelfSubjectAccessReview',
  'selfsubjectaccessreviews',
  false,
);

export const tokenReviews = define('authentication.k8s.io', 'v1')<TokenReview>(
  'TokenReview',
  'tokenreviews',
  false,
);
