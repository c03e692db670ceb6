import { join } from 'node:path';
import { dump } from 'js-yaml';
import { createHubEventsClient } from '../../fleet/hub-events/client.ts';
import { registrationKinds } from '../../fleet/hub-events/kinds.ts';
import type { Client } from '../../runtime/client/client.ts';
import { readGrpcClientConfig, textOfSource } from '../../runtime/grpc/client-config.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import type { Identity } from './identity/identity.ts';

/**
 * The configuration with which the agent goes on once it has a certificate, made from the one with which it asked to join
 * (registration.md 5.2): it is the same text for the same input. How long silence of the server is borne is kept (D14).
 * @param directory where key and certificate are written
 */
export const hubGrpcConfig = async (bootstrapConfig: string, directory: string): Promise<string> => {
  const config = await readGrpcClientConfig(bootstrapConfig);
  const ca = await textOfSource(config.ca);
  if (ca === undefined)
    throw new Error(
      `gRPC configuration ${bootstrapConfig}: caData or caFile is required: without it no certificate can be used`,
    );
  const { keepAliveConfig, serverHealthinessTimeout } = config.asWritten;
  return dump(
    {
      caData: Buffer.from(ca, 'utf8').toString('base64'),
      clientCertFile: join(directory, 'tls.crt'),
      clientKeyFile: join(directory, 'tls.key'),
      url: config.url,
      ...(keepAliveConfig !== undefined && { keepAliveConfig }),
      ...(serverHealthinessTimeout !== undefined && { serverHealthinessTimeout }),
    },
    { lineWidth: -1 },
  );
};

/** A client for the hub by the gRPC configuration in a file. Rejects when that cannot be used. */
export const connectByGrpc = async (
  configFile: string,
  { clusterName, agentName }: Identity,
  log: Logger,
): Promise<Client> =>
  createHubEventsClient({
    config: await readGrpcClientConfig(configFile),
    cluster: clusterName,
    source: `${clusterName}-${agentName}`,
    kinds: registrationKinds,
    log,
  });
