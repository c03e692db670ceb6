import type { Client } from '../../../operators/runtime/client/client.ts';
import { connect } from '../../../operators/runtime/client/connect.ts';
import { ApiError } from '../../../operators/runtime/client/errors.ts';
import { parseKubeconfig } from '../../../operators/runtime/client/kubeconfig/connection-of.ts';
import {
  configMaps,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../../operators/runtime/client/kubernetes.ts';
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

/** Policies hold some time after they were made, each in its turn: waits until one that is made now holds. */
export const untilAllEnforced = async (admin: Client): Promise<void> => {
  const last = { name: 'made-last' };
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
  const matchConditions = [{ name: 'own', expression: `object.metadata.name == '${last.name}'` }];
  const validations = [{ expression: 'false', message: 'all are enforced' }];
  await admin.create(validatingAdmissionPolicies, {
    metadata: last,
    spec: { matchConstraints: { resourceRules: [rule] }, matchConditions, validations },
  } as never);
  await admin.create(validatingAdmissionPolicyBindings, {
    metadata: last,
    spec: { policyName: last.name, validationActions: ['Deny'] },
  } as never);
  const attempt = { metadata: { ...last, namespace: 'default' } };
  await untilEnforced(() => admin.create(configMaps, attempt, { dryRun: true }));
  await admin.delete(validatingAdmissionPolicyBindings, last);
  await admin.delete(validatingAdmissionPolicies, last);
};

/** Waits until a policy refuses what it must. */
export const untilEnforced = (request: () => Promise<unknown>) =>
  waitFor('the policies enforced', async () =>
    (await verdictOn(request)).includes('ValidatingAdmissionPolicy'),
  );
