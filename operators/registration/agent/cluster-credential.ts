import { readFile } from 'node:fs/promises';
import { agentUser, clusterGroup, managedClustersGroup } from '../../api/identities.ts';
import { label, signer } from '../../api/names.ts';
import type { Informer, Informers } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  type Secret,
  certificateSigningRequests,
} from '../../runtime/client/kubernetes.ts';
import type { Controller } from '../../runtime/controller/controller.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { credentialController } from './credential/credential-controller.ts';
import type { CredentialOptions } from './credential/credential-controller.ts';
import { csrDriver, trimRequest } from './credential/csr-driver.ts';
import { grpcConfigFile } from './grpc-paths.ts';
import { identityFile } from './identity/identity.ts';
import { certificateUser, hubKubeconfig } from './kubeconfig.ts';
import type { Settings } from './settings.ts';

export interface ClusterCredentialOptions {
  /** `BootstrapController` or `RegisterController`: which identity asks. */
  role: string;
  settings: Settings;
  /** Where the hub kubeconfig secret is kept. */
  management: Client;
  hubSecret: Informer<Secret>;
  hub: Client;
  hubInformers: Informers;
  showCondition?: CredentialOptions['showCondition'];
  log: Logger;
}

/** The requests of a cluster and its add-ons, as the hub lets its agent see them. */
export const clusterRequests = (
  informers: Informers,
  clusterName: string,
): Informer<CertificateSigningRequest> =>
  informers.informer(certificateSigningRequests, {
    labelSelector: `${label.clusterName}=${clusterName}`,
    trim: trimRequest,
  });

/** What the secret holds for an agent that reaches its hub over gRPC. */
const grpcData = async ({ grpc, flags }: Settings): Promise<Record<string, string>> => {
  if (!grpc) return {};
  const { hubGrpcConfig } = await import('./grpc.ts');
  return { [grpcConfigFile]: await hubGrpcConfig(grpc.bootstrap, flags['hub-kubeconfig-dir']) };
};

/** Keeps the hub kubeconfig secret filled (registration.md 3.3, 3.6). */
export const clusterCredentialController = async (options: ClusterCredentialOptions): Promise<Controller> => {
  const { settings, hub, log } = options;
  const { clusterName, agentName } = settings.identity;
  const labels = { [label.clusterName]: clusterName };
  const driver = csrDriver({
    hub,
    requests: clusterRequests(options.hubInformers, clusterName),
    namePrefix: clusterName,
    labels,
    subject: {
      commonName: agentUser(clusterName, agentName),
      organizations: [clusterGroup(clusterName), managedClustersGroup],
    },
    signerName: settings.grpc ? signer.grpc : signer.kubeApiServerClient,
    expirationSeconds: settings.flags['client-cert-expiration-seconds'],
    log,
  });
  const bootstrap = await readFile(settings.bootstrapKubeconfig, 'utf8');
  return credentialController({
    name: `${options.role}@cluster:${clusterName}`,
    client: options.management,
    secret: { name: settings.flags['hub-kubeconfig-secret'], namespace: settings.agentNamespace },
    informer: options.hubSecret,
    driver,
    additional: {
      kubeconfig: hubKubeconfig(bootstrap, certificateUser),
      [identityFile.clusterName]: clusterName,
      [identityFile.agentName]: agentName,
      ...(await grpcData(settings)),
    },
    showCondition: options.showCondition,
  });
};
