import type { Client } from '../../runtime/client/client.ts';
import { connect } from '../../runtime/client/connect.ts';
import { loadConnection } from '../../runtime/client/kubeconfig/load.ts';
import type { Process } from '../../runtime/process/command.ts';
import type { Settings } from './settings.ts';
import { userAgent } from './user-agent.ts';

/**
 * Opens the way to the hub that the agent was told to take: to its API server, or to its gRPC server, whose modules are
 * loaded only then. Rejects when a kubeconfig or configuration cannot be read.
 */
export const connectHub = async (
  { grpc, identity, hubKubeconfig, bootstrapKubeconfig }: Settings,
  phase: 'bootstrap' | 'hub',
  { log, metrics }: Pick<Process, 'log' | 'metrics'>,
): Promise<Client> => {
  if (!grpc) {
    const kubeconfig = phase === 'hub' ? hubKubeconfig : bootstrapKubeconfig;
    return connect(loadConnection(kubeconfig), { userAgent, logger: log, metrics });
  }
  const { connectByGrpc } = await import('./grpc.ts');
  return connectByGrpc(grpc[phase], identity, log);
};
