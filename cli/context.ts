import { loadConnection } from '../operators/runtime/client/kubeconfig.ts';
import { connect } from '../operators/runtime/client/connect.ts';
import type { Client } from '../operators/runtime/client/client.ts';
import type { Connection } from '../operators/runtime/client/connection.ts';

/** The global flags (cli.md 1.3). */
export interface Globals {
  kubeconfig: string;
  context: string;
  dryRun: boolean;
  /** Seconds. */
  timeout: number;
}

export interface Output {
  /** What the user asked for: stdout. */
  print: (text: string) => void;
  /** What the user should know: stderr. */
  note: (text: string) => void;
  readonly terminal: boolean;
}

/** What a command works with. Connections made through it are closed when the command ends. */
export interface CommandContext {
  globals: Globals;
  output: Output;
  /** The name that examples show, such as `clusteradm` or `kubectl cm` (cli.md 1.2). */
  program: string;
  /** The cluster of the kubeconfig and context in force. */
  connection(): Promise<Connection>;
  client(): Promise<Client>;
  connectTo(connection: Connection): Client;
  close(): Promise<void>;
}

/** The program's name in printed command lines: as a kubectl or oc plugin, `kubectl cm` or `oc cm` (cli.md 1.2). */
export const programName = (argv0: string): string => {
  const base = argv0.split(/[\\/]/).at(-1) ?? argv0;
  if (base === 'oc') return 'oc cm';
  return base === 'kubectl' ? 'kubectl cm' : base;
};

export const createContext = (globals: Globals, output: Output, program: string): CommandContext => {
  const clients: Client[] = [];
  let own: Client | undefined;
  let loaded: Promise<Connection> | undefined;
  const connection = () =>
    (loaded ??= Promise.resolve(
      loadConnection(globals.kubeconfig || undefined, { context: globals.context || undefined }),
    ));
  const connectTo = (target: Connection): Client => {
    const client = connect(target, { userAgent: 'clusteradm' });
    clients.push(client);
    return client;
  };
  return {
    globals,
    output,
    program,
    connection,
    client: async () => (own ??= connectTo(await connection())),
    connectTo,
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
    },
  };
};
