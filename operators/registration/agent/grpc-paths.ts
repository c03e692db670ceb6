import { join } from 'node:path';
import type { RegistrationAgentFlags } from './flags.ts';

/** Where the two configurations for gRPC are: for who asks to join, and for who has joined (registration.md 5.2). */
export interface GrpcPaths {
  bootstrap: string;
  hub: string;
}

/** The file, and the key of the hub kubeconfig secret, with the configuration for gRPC. */
export const grpcConfigFile = 'config.yaml';

export const grpcPathsOf = (flags: RegistrationAgentFlags): GrpcPaths => ({
  bootstrap: flags['grpc-bootstrap-config'] || flags['grpc-config'],
  hub: flags['grpc-config'] || join(flags['hub-kubeconfig-dir'], grpcConfigFile),
});
