import type { Connection } from '../../operators/runtime/client/connection.ts';
import { configMaps } from '../../operators/runtime/client/kubernetes.ts';
import { publishedCa, readClusterInfo } from '../cluster/cluster-info.ts';
import type { CommandContext } from '../context.ts';
import { readNamed } from '../flags/install-flags.ts';
import { HUB_NAMESPACE } from '../names.ts';
import type { JoinFlags } from './flags.ts';

/** The hub as far as it is known before it is trusted. */
export interface Hub {
  /** As the user gave it. */
  server: string;
  /** Its certificate authority, PEM: from `--ca-file`, else what it publishes. */
  ca?: string;
  /** The file of `--ca-file`. */
  caFile?: string;
  /** The server in its cluster-info, when `--force-internal-endpoint-lookup` asks for that. */
  internalServer?: string;
}

export const hasScheme = (server: string): boolean => /^https?:\/\//.test(server);

/** What errors say of the hub's certificate authority. */
export const caOrigin = ({ caFile }: Pick<Hub, 'caFile'>): Pick<Connection, 'caSource' | 'caRemedy'> =>
  caFile
    ? { caSource: `--ca-file ${caFile}`, caRemedy: `give the CA of the hub with --ca-file` }
    : { caSource: 'as the hub publishes it', caRemedy: `give the CA of the hub with --ca-file` };

/** With the hub's certificate authority when one is known, else without a look at its certificate. */
export const connectionTo = (hub: Hub, token: string): Connection => ({
  server: hub.server,
  token,
  ...caOrigin(hub),
  ...(hub.ca ? { caData: hub.ca } : { insecureSkipTlsVerify: true }),
});

/** Asks the hub what is not given about it (cli.md 5.2 steps 10 and 11). */
export const findHub = async (context: CommandContext, flags: JoinFlags): Promise<Hub> => {
  const server = flags.hubApiserver;
  const given = flags.caFile
    ? readNamed(flags.caFile, `failed to read the CA file ${flags.caFile}`)
    : undefined;
  const hub: Hub = { server, ...(given && { ca: given, caFile: flags.caFile }) };
  if (!hasScheme(server) || (given && !flags.forceInternalEndpointLookup)) return hub;
  try {
    const client = context.connectTo(connectionTo(hub, flags.hubToken));
    const info = await readClusterInfo(client);
    const ca = given ?? (await publishedCa(client, info));
    if (flags.forceInternalEndpointLookup && !info?.server) {
      throw new Error(
        'it publishes no server in ConfigMap kube-public/cluster-info, leave out --force-internal-endpoint-lookup',
      );
    }
    return {
      ...hub,
      ...(ca && { ca }),
      ...(flags.forceInternalEndpointLookup && { internalServer: info?.server }),
    };
  } catch (error) {
    throw new Error(
      `cannot read from the hub ${server}: ${(error as Error).message}; check --hub-apiserver and --hub-token (clusteradm get token on the hub prints both)`,
      { cause: error },
    );
  }
};

/** The certificate authority of the hub's gRPC server, PEM (cli.md 5.2 step 12). */
export const grpcCa = async (context: CommandContext, flags: JoinFlags, hub: Hub): Promise<string> => {
  const file = flags.grpcCaFile;
  if (file) {
    const ca = readNamed(file, `--grpc-ca-file "${file}" read failed`);
    if (!ca.trim()) throw new Error(`--grpc-ca-file "${file}" is empty`);
    return ca;
  }
  const client = context.connectTo(connectionTo(hub, flags.hubToken));
  const bundle = await client.find(configMaps, 'ca-bundle-configmap', HUB_NAMESPACE).catch((error: Error) => {
    throw new Error(`failed to get CA bundle configmap for gRPC server: ${error.message}`, { cause: error });
  });
  const ca = bundle?.data?.['ca-bundle.crt'];
  if (!ca) {
    throw new Error(
      `ConfigMap ${HUB_NAMESPACE}/ca-bundle-configmap is missing or has empty key 'ca-bundle.crt': give the CA with --grpc-ca-file`,
    );
  }
  return ca;
};
