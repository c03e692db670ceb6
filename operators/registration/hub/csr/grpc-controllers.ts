import { readFile } from 'node:fs/promises';
import { signer } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import type { CertificateSigningRequest } from '../../../runtime/client/kubernetes.ts';
import type { Controller } from '../../../runtime/controller/controller.ts';
import { approvingController } from './approving-controller.ts';
import { grpcRequesterOf } from './grpc-requester.ts';
import { checkAuthority, signingController } from './signing-controller.ts';

export interface GrpcDriverOptions {
  hub: Client;
  requests: Informer<CertificateSigningRequest>;
  /** The user that the gRPC server is. */
  serverUser: string;
  /** Users whose bootstrap requests are approved; empty when the gate ManagedClusterAutoApproval is off. */
  autoApprovedUsers: readonly string[];
  /** Paths of the authority that signs. */
  certificateFile: string;
  keyFile: string;
  /** Longest life of what is signed, in milliseconds. */
  durationMs: number;
}

const readAuthority = async (certificateFile: string, keyFile: string) => {
  try {
    const [certificate, key] = await Promise.all([
      readFile(certificateFile, 'utf8'),
      readFile(keyFile, 'utf8'),
    ]);
    const authority = { certificate, key };
    checkAuthority(authority);
    return authority;
  } catch (error) {
    throw new Error(
      `cannot use --grpc-ca-file "${certificateFile}" and --grpc-key-file "${keyFile}": ${(error as Error).message}`,
      { cause: error },
    );
  }
};

/**
 * What the hub does for agents that join by gRPC (registration.md 5.2). Rejects when the authority cannot be read, which
 * happens once, at the start.
 */
export const grpcControllers = async (options: GrpcDriverOptions): Promise<Controller[]> => {
  const { hub, requests, serverUser, autoApprovedUsers, certificateFile, keyFile, durationMs } = options;
  const authority = await readAuthority(certificateFile, keyFile);
  return [
    approvingController({
      hub,
      requests,
      signerName: signer.grpc,
      autoApprovedUsers,
      requesterOf: grpcRequesterOf(serverUser),
    }),
    signingController(hub, requests, authority, durationMs),
  ];
};
