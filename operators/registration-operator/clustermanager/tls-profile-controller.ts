import { configMap } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type ConfigMap, configMaps } from '../../runtime/client/kubernetes.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { hashOf } from '../apply/index.ts';
import { type TlsSettings, parseTlsProfile } from '../tls-profile.ts';

/** The profile at the start of the operator, and a hash by which a change of it is noticed. */
export interface StartProfile {
  profile: TlsSettings;
  hash: string;
}

const hashOfProfile = (object: ConfigMap | undefined): string => hashOf(object?.data ?? null);

/**
 * Reads the TLS profile (operator.md 1.5).
 * @throws Error when it cannot be used
 */
export const readTlsProfile = async (
  client: Client,
  namespace: string,
  log: Logger,
): Promise<StartProfile> => {
  const object = await client.find(configMaps, configMap.tlsProfile, namespace);
  const { profile, unknownCiphers } = parseTlsProfile(object?.data);
  if (unknownCiphers.length > 0)
    log.warn('unknown cipher suites in the TLS profile are ignored', { unknownCiphers });
  return { profile, hash: hashOfProfile(object) };
};

/** Ends the process when the profile is another than at its start, so that it starts anew with it. */
export const tlsProfileController = (
  profiles: Informer<ConfigMap>,
  namespace: string,
  start: StartProfile,
  exit: (code: number, reason: string) => void,
): Controller => ({
  name: 'TLSProfileController',
  watches: [from(profiles)],
  concurrency: 1,
  async reconcile() {
    if (hashOfProfile(profiles.get(configMap.tlsProfile, namespace)) !== start.hash)
      exit(0, 'the TLS profile has changed');
  },
});
