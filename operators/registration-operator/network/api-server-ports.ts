import type { Client } from '../../runtime/client/client.ts';
import { isForbidden } from '../../runtime/client/errors.ts';
import { endpointSlices } from '../../runtime/client/kubernetes.ts';
import type { Logger } from '../../runtime/process/logger.ts';

/**
 * Where Pods of a cluster reach its API server: by the Service, as the client's address says, and by what stands behind
 * it, since most networks judge a packet by where it arrives. Without the right to read that, only the former, and a
 * warning.
 * @throws ApiError or ConnectionError
 */
export const apiServerAddresses = async (client: Client, log: Logger): Promise<(string | number)[]> => {
  try {
    const slice = await client.find(endpointSlices, 'kubernetes', 'default');
    const behind = (slice?.ports ?? []).flatMap(({ port }) => (port === undefined ? [] : [port]));
    return [client.server, ...behind];
  } catch (error) {
    if (!isForbidden(error)) throw error;
    log.warn(
      'the ports of the API server are not known: let the operator get EndpointSlice default/kubernetes',
      {
        error,
      },
    );
    return [client.server];
  }
};
