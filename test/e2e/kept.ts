/** What the contract lets stay behind, as patterns of the lines of `differences`. */
export const kept = {
  /** CRDs of what hubs have put on a managed cluster (operator.md 5.2), and the API service that comes with each group. */
  crds: [
    /^\+ customresourcedefinitions\S* (appliedmanifestworks\.work|clusterclaims\.cluster)\./,
    /^\+ apiservices\S* v1(alpha1)?\.(work|cluster)\.open-cluster-management\.io$/,
  ],
  /** A cluster's namespace on the hub with its lease (registration.md 4.2), and what Kubernetes puts in each namespace. */
  clusterNamespace: (name: string) => [
    new RegExp(`^\\+ namespaces ${name}$`),
    new RegExp(`^\\+ leases\\S* ${name}/managed-cluster-lease$`),
    new RegExp(`^\\+ (serviceaccounts ${name}/default|configmaps ${name}/kube-root-ca.crt)$`),
  ],
  /** Requests for certificates, which Kubernetes forgets an hour after they were signed. */
  requests: [/^[+-] certificatesigningrequests\S* /],
  /** Works and what they applied, of a Klusterlet whose hub did not take them back (operator.md 5.11, row 136). */
  works: (name: string) => [
    new RegExp(`^\\+ configmaps default/${name}-stays$`),
    new RegExp(`^\\+ appliedmanifestworks\\S* [0-9a-f]{64}-${name}-stays$`),
  ],
  /**
   * Of placement, which comes with the upgrade of a hub: its lease, certificate and kubeconfig, which nobody has labelled,
   * and what Kubernetes notes of the address of its Service.
   */
  placement: [/^\+ (leases\S*|secrets) \S+\/placement-/, /^\+ ipaddresses\S* \S+$/],
  /** Of the add-on manager, which comes with it too. */
  addons: [/^\+ leases\S* \S+\/manager-lock$/, /^\+ secrets \S+\/addon-manager-/],
  /** Of the operators: the Secret for images that `clusteradm join` brings (cli.md 5.6), and its copy (operator.md 4.6). */
  pullSecret: [
    /^\+ secrets (open-cluster-management|hosted-hub)\/open-cluster-management-image-pull-credentials$/,
  ],
};
