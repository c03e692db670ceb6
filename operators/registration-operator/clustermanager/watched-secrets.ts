import { secret as secretName, serviceAccount } from '../../api/names.ts';
import type { Client } from '../../runtime/client/client.ts';
import { mayDo } from '../../runtime/client/self-review.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { hubAccounts, kubeconfigSecretOf } from './hub-accounts.ts';

/** Secrets that certificates are kept in (operator.md 4.9, since-1.3.1.md 12). */
export const certificateSecretNames: readonly string[] = [
  secretName.signer,
  secretName.registrationWebhookServingCert,
  secretName.workWebhookServingCert,
  secretName.addonWebhookServingCert,
  secretName.grpcServerServingCert,
  secretName.placementDebugServingCert,
];

/** Secrets that users supply, that are copied for operands, or that are made for the operands of a hosted hub. */
export const mountedSecretNames = (imagePullSecret: string): string[] => [
  imagePullSecret,
  secretName.workDriverConfig,
  secretName.externalHubKubeconfig,
  ...hubAccounts.map(kubeconfigSecretOf),
];

/** Secrets that the role lacks which upstream's charts give the operator (D11), or a role of before; and for what it lacks them. */
const lackedBySome: Readonly<Record<string, string>> = {
  [kubeconfigSecretOf(serviceAccount.grpcServer)]: 'the gRPC server cannot run for a hosted hub',
  [secretName.placementDebugServingCert]: 'the debug server of placement has no certificate of the hub',
};

const mayWatch = (client: Client, name: string): Promise<boolean> =>
  mayDo(client, { verb: 'watch', resource: 'secrets', name });

/** An image pull Secret of a name that the role lacks: roles of OLM and kustomize have the default one only. */
const withoutCredentials = 'images of the hub are pulled without credentials';

/**
 * Those of some Secrets that the operator may watch: a watch that is refused for ever would keep everything else waiting.
 * @param imagePullSecret its name, if it is one of them
 */
export const watchable = async (
  client: Client,
  log: Logger,
  names: readonly string[],
  imagePullSecret?: string,
): Promise<string[]> => {
  const lacks: Record<string, string> = {
    ...lackedBySome,
    ...(imagePullSecret && { [imagePullSecret]: withoutCredentials }),
  };
  const judged = await Promise.all(
    names.map(async (name) => {
      const lack = Object.hasOwn(lacks, name) ? lacks[name] : undefined;
      if (lack === undefined || (await mayWatch(client, name))) return [name];
      log.warn(`${lack}: let the operator read, write and watch its Secret`, { secret: name });
      return [];
    }),
  );
  return judged.flat();
};
