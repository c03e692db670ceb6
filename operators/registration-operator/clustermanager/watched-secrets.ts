import { secret as secretName, serviceAccount } from '../../api/names.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type SelfSubjectAccessReview, selfSubjectAccessReviews } from '../../runtime/client/kubernetes.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { hubAccounts, kubeconfigSecretOf } from './hub-accounts.ts';

/** Secrets that certificates are kept in (operator.md 4.9). */
export const certificateSecretNames: readonly string[] = [
  secretName.signer,
  secretName.registrationWebhookServingCert,
  secretName.workWebhookServingCert,
  secretName.addonWebhookServingCert,
  secretName.grpcServerServingCert,
];

const mayWatch = async (client: Client, name: string): Promise<boolean> => {
  const review: SelfSubjectAccessReview = {
    // A review is no stored object: the API server wants no name of it.
    metadata: {} as SelfSubjectAccessReview['metadata'],
    spec: { resourceAttributes: { verb: 'watch', resource: 'secrets', name } },
  };
  const { status } = await client.create(selfSubjectAccessReviews, review);
  return status?.allowed ?? false;
};

/**
 * Secrets that are supplied by users, copied for operands, or made for the operands of a hosted hub, as far as the
 * operator may watch them: the role that upstream's chart gives it lacks the one of the gRPC server (D11), and a watch
 * that is refused for ever would keep everything else waiting.
 */
export const mountedSecretNames = async (
  client: Client,
  log: Logger,
  imagePullSecret: string,
): Promise<string[]> => {
  const ofGrpcServer = kubeconfigSecretOf(serviceAccount.grpcServer);
  const names = [
    imagePullSecret,
    secretName.workDriverConfig,
    secretName.externalHubKubeconfig,
    ...hubAccounts.map(kubeconfigSecretOf),
  ];
  if (await mayWatch(client, ofGrpcServer)) return names;
  log.warn('the gRPC server cannot run for a hosted hub: let the operator read, write and watch its Secret', {
    secret: ofGrpcServer,
  });
  return names.filter((name) => name !== ofGrpcServer);
};
