import {
  type OperatorName,
  findBundles,
  loadBundles,
  newestBundle,
  renderOperator,
} from '../../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { ApiError } from '../../../operators/runtime/client/errors.ts';
import { parseKubeconfig, renderKubeconfig } from '../../../operators/runtime/client/kubeconfig.ts';
import { serviceAccounts } from '../../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';

/** What installs an operator where the API server takes admission policies, but for its Deployment. */
export const installationOf = (operator: OperatorName, namespace: string): UnknownObject[] =>
  renderOperator(newestBundle(loadBundles(findBundles())), operator, {
    namespace,
    image: 'unused',
    replicas: 1,
    arguments: [],
    admissionPolicies: true,
  }).filter(({ kind }) => kind !== 'Deployment');

/** Somebody who holds a token of a ServiceAccount, as who stole it from a node would. */
export const holderOfToken = async (
  admin: Client,
  { server, caPem }: ControlPlane,
  namespace: string,
  name: string,
): Promise<Client> => {
  const { status } = await admin.createSubresource<{ status: { token: string } }>(
    serviceAccounts,
    { name, namespace },
    'token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 3600 } },
  );
  return connect(parseKubeconfig(renderKubeconfig({ server, caData: caPem, token: status.token })), {
    userAgent: 'test',
  });
};

/** What an API server says to a request: `admitted`, or the message of its refusal. Any other failure is thrown. */
export const verdictOn = async (request: () => Promise<unknown>): Promise<string> => {
  try {
    await request();
    return 'admitted';
  } catch (error) {
    if (error instanceof ApiError && (error.code === 403 || error.code === 422)) return error.message;
    throw error;
  }
};

/** Policies hold some time after they were made: waits until one refuses what it must. */
export const untilEnforced = (request: () => Promise<unknown>) =>
  waitFor('the policies enforced', async () =>
    (await verdictOn(request)).includes('ValidatingAdmissionPolicy'),
  );
