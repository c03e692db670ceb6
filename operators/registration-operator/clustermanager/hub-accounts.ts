import { serviceAccount } from '../../api/names.ts';

/** The ServiceAccounts on a hub that operands of some bundle act as. */
export const hubAccounts: readonly string[] = [
  serviceAccount.registrationController,
  serviceAccount.registrationWebhook,
  serviceAccount.workController,
  serviceAccount.workWebhook,
  serviceAccount.placementController,
  serviceAccount.addonManagerController,
  serviceAccount.grpcServer,
];

/** The Secret with an operand's kubeconfig of a hub that it runs away from (operator.md 4.7). */
export const kubeconfigSecretOf = (account: string): string => `${account}-kubeconfig`;
