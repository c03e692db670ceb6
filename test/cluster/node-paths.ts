/** A component whose log `Cluster.logs` returns. */
export type Component =
  | 'containerd'
  | 'etcd'
  | 'kube-apiserver'
  | 'kube-controller-manager'
  | 'kube-scheduler'
  | 'kube-proxy'
  | 'kubelet';

/** The port of the API server inside a node's container. */
export const apiServerPort = 6443;

/** Where files are inside a node's container. */
export const nodePaths = {
  adminKubeconfig: '/etc/kubernetes/admin.kubeconfig',
  auditPolicy: '/etc/kubernetes/audit-policy.yaml',
  auditLog: '/var/log/kubernetes/audit.log',
  /** Names the node's own registry as the mirror of all others; the registry runs when this file is there. */
  registryHosts: '/etc/containerd/certs.d/_default/hosts.toml',
  log: (component: Component): string => `/var/log/kubernetes/${component}.log`,
} as const;
