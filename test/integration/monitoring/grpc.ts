import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { managedClusters } from '../../../operators/api/generated/cluster.ts';
import { createHubEventsClient } from '../../../operators/fleet/hub-events/client.ts';
import { registrationKinds } from '../../../operators/fleet/hub-events/kinds.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { parseKubeconfig } from '../../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  clusterRoleBindings,
  namespaces,
  serviceAccounts,
} from '../../../operators/runtime/client/kubernetes.ts';
import { grpcClientConfigOf } from '../../../operators/runtime/grpc/client-config.ts';
import { createLogger } from '../../../operators/runtime/process/logger.ts';
import { selfSignedCertificate } from '../../../operators/runtime/process/serving/self-signed.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';
import type { Workspace } from '../../cluster/processes.ts';
import { accountKubeconfig } from '../account.ts';

/** What the gRPC server, and the registration controller beside it, have mounted, as flags that win over their own. */
export interface GrpcFiles {
  server: string[];
  controller: string[];
  /** The certificate of the server. */
  certificate: string;
  port: number;
}

export const writeGrpcFiles = async ({ folder }: Workspace, port: number): Promise<GrpcFiles> => {
  const { cert, key } = selfSignedCertificate(['127.0.0.1']);
  const [certFile, keyFile, config] = ['grpc.crt', 'grpc.key', 'grpc.yaml'].map((name) => join(folder, name));
  await writeFile(certFile!, cert);
  await writeFile(keyFile!, key);
  await writeFile(
    config!,
    `server_bind_port: ${port}\ntls_cert_file: ${certFile}\ntls_key_file: ${keyFile}\nclient_ca_file: ${certFile}\n`,
  );
  return {
    server: [`--server-config=${config}`],
    controller: [`--grpc-ca-file=${certFile}`, `--grpc-key-file=${keyFile}`],
    certificate: cert,
    port,
  };
};

/** Asks a gRPC server for a cluster as its agent would, and goes on listening: then it has something to count. */
export const listenByGrpc = async (
  hub: Client,
  plane: ControlPlane,
  { certificate, port }: GrpcFiles,
  cluster: string,
): Promise<Client> => {
  const options = { fieldManager: 'test' };
  const account = { name: 'grpc-listener', namespace: 'monitoring' };
  await hub.apply(namespaces, { metadata: { name: account.namespace } }, options);
  await hub.apply(serviceAccounts, { metadata: account }, options);
  const binding = {
    metadata: { name: account.name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', ...account }],
  };
  await hub.apply(clusterRoleBindings, binding, options);
  const client = createHubEventsClient({
    config: grpcClientConfigOf({
      url: `127.0.0.1:${port}`,
      caData: Buffer.from(certificate).toString('base64'),
      token: parseKubeconfig(await accountKubeconfig(hub, plane, account)).token,
    }),
    cluster,
    source: 'listener',
    kinds: registrationKinds,
    log: createLogger(),
    env: {},
  });
  await waitFor('the cluster over gRPC', () => client.find(managedClusters, cluster));
  return client;
};
