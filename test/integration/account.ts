import type { Client } from '../../operators/runtime/client/client.ts';
import { renderKubeconfig } from '../../operators/runtime/client/kubeconfig/kubeconfig-writer.ts';
import { serviceAccounts } from '../../operators/runtime/client/kubernetes.ts';
import type { ControlPlane } from '../cluster/index.ts';

/** A kubeconfig with a token of a ServiceAccount, good for an hour. */
export const accountKubeconfig = async (
  admin: Client,
  { server, caPem }: ControlPlane,
  account: { name: string; namespace: string },
): Promise<string> => {
  const { status } = await admin.createSubresource<{ status: { token: string } }>(
    serviceAccounts,
    account,
    'token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  );
  return renderKubeconfig({ server, caData: caPem, token: status.token });
};
