import type { Client } from '../operators/runtime/client/client.ts';
import { connect } from '../operators/runtime/client/connect.ts';
import type { Connection } from '../operators/runtime/client/connection.ts';
import { chosenConnection, type ClusterChoice } from './cluster/chosen-cluster.ts';
import type { Output } from './output/output.ts';

/** The global flags (cli.md 1.3). */
export interface Globals extends ClusterChoice {
  dryRun: boolean;
  /** Seconds. */
  timeout: number;
}

/** What a command works with. Connections made through it are closed when the command ends. */
export interface CommandContext {
  globals: Globals;
  output: Output;
  /** The name that examples show, such as `clusteradm` or `kubectl cm` (cli.md 1.2). */
  program: string;
  /** Whether the user wrote the flag, as opposed to its default; `flag` as in `hubToken`. */
  isGiven: (flag: string) => boolean;
  /** The cluster of the kubeconfig and context in force; throws KubeconfigError. */
  connection(): Connection;
  client(): Client;
  connectTo(connection: Connection): Client;
  close(): Promise<void>;
}

export const createContext = (
  basics: Pick<CommandContext, 'globals' | 'output' | 'program' | 'isGiven'>,
): CommandContext => {
  const clients: Client[] = [];
  let own: Client | undefined;
  let chosen: Connection | undefined;
  const connection = () => (chosen ??= chosenConnection(basics.globals));
  const connectTo = (target: Connection): Client => {
    const client = connect(target, { userAgent: 'clusteradm' });
    clients.push(client);
    return client;
  };
  return {
    ...basics,
    connection,
    client: () => (own ??= connectTo(connection())),
    connectTo,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
};
