import type { Client } from '../../../operators/runtime/client/client.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { ApiError } from '../../../operators/runtime/client/errors.ts';
import { parseKubeconfig } from '../../../operators/runtime/client/kubeconfig/connection-of.ts';
import { type ControlPlane, waitFor } from '../../cluster/index.ts';
import { accountKubeconfig } from '../account.ts';

/** Somebody who holds a token of a ServiceAccount, as who stole it from a node would. */
export const holderOfToken = async (
  admin: Client,
  controlPlane: ControlPlane,
  namespace: string,
  name: string,
): Promise<Client> => {
  const kubeconfig = await accountKubeconfig(admin, controlPlane, { name, namespace });
  return connect(parseKubeconfig(kubeconfig), { userAgent: 'test' });
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
