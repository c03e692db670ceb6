import type { Client } from '../client/client.ts';
import { connect } from '../client/connect.ts';
import type { ConnectOptions, Connection } from '../client/connection.ts';
import { inClusterConnection, loadConnection } from '../client/kubeconfig/load.ts';

/** The API server of `--kubeconfig`, or when that is empty the one of the Pod's service account. Throws when there is neither. */
export const connectTo = (
  kubeconfig: string,
  options: ConnectOptions,
): { client: Client; connection: Connection } => {
  const connection = kubeconfig ? loadConnection(kubeconfig) : inClusterConnection();
  return { client: connect(connection, options), connection };
};
