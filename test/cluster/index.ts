/** Kubernetes to test against: control planes as plain processes, and whole clusters in Docker. */
export { parseAuditLog, readAuditLog, leaseWritesOf, writesOf } from './audit.ts';
export type { AuditEvent } from './audit.ts';
export { ensureBinaries, kubernetesVersion } from './binaries.ts';
export type { Binaries } from './binaries.ts';
export { startControlPlane } from './controlplane.ts';
export type { ControlPlane, ControlPlaneOptions } from './controlplane.ts';
export { importExecutable, importFiles } from './image-build.ts';
export { toYaml, withServer } from './kubeconfig.ts';
export type { Kubeconfig } from './kubeconfig.ts';
export { cpuSeconds } from './processes.ts';
export { patience, patienceFlag, untilQuiet, waitFor } from './wait.ts';
export type { WaitOptions } from './wait.ts';
export type { Cluster } from './cluster.ts';
export { docker, ensureDocker } from './docker.ts';
export { ensureNodeImage } from './node-image.ts';
export type { Component } from './node-paths.ts';
export { findCluster, listClusters, removeCluster, startCluster } from './start-cluster.ts';
export type { ClusterOptions } from './start-cluster.ts';
