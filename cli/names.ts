/** Names that the command line hard-codes (cli.md 19). */

export const OPERATOR_NAMESPACE = 'open-cluster-management';
export const HUB_NAMESPACE = 'open-cluster-management-hub';
export const AGENT_NAMESPACE = 'open-cluster-management-agent';

export const CLUSTER_MANAGER = 'cluster-manager';
export const KLUSTERLET = 'klusterlet';

export const BOOTSTRAP_SERVICE_ACCOUNT = 'agent-registration-bootstrap';
export const BOOTSTRAP_ROLE = 'open-cluster-management:bootstrap';
export const BOOTSTRAP_TOKEN_ID = 'ocmhub';
export const BOOTSTRAP_TOKEN_SECRET = {
  name: `bootstrap-token-${BOOTSTRAP_TOKEN_ID}`,
  namespace: 'kube-system',
};

export const BOOTSTRAP_SECRET = 'bootstrap-hub-kubeconfig';
export const MANAGED_KUBECONFIG_SECRET = 'external-managed-kubeconfig';
export const PULL_SECRET = 'open-cluster-management-image-pull-credentials';

export const CLUSTER_MANAGER_CRD = 'clustermanagers.operator.open-cluster-management.io';
export const KLUSTERLET_CRD = 'klusterlets.operator.open-cluster-management.io';
