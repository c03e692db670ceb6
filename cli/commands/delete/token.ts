import type { Command } from 'commander';
import {
  clusterRoleBindings,
  clusterRoles,
  customResourceDefinitions,
  secrets,
  serviceAccounts,
} from '../../../operators/runtime/client/kubernetes.ts';
import { tokenSecrets } from '../../cluster/bootstrap-token.ts';
import { removeOne, type Target } from '../../cluster/remove.ts';
import type { CommandContext } from '../../context.ts';
import {
  BOOTSTRAP_ROLE,
  BOOTSTRAP_SERVICE_ACCOUNT,
  CLUSTER_MANAGER_CRD,
  OPERATOR_NAMESPACE,
} from '../../names.ts';

export const define = (_command: Command): void => undefined;

/** Who may join with a token, and what of: the binding to clusters too, which would be left without a subject. */
const parts: Target[] = [
  ...[
    `${BOOTSTRAP_ROLE}:agent-registration`,
    `${BOOTSTRAP_ROLE}:managedcluster`,
    BOOTSTRAP_SERVICE_ACCOUNT,
  ].map((name) => ({ resource: clusterRoleBindings, name: { name } })),
  { resource: clusterRoles, name: { name: BOOTSTRAP_ROLE } },
  {
    resource: serviceAccounts,
    name: { name: BOOTSTRAP_SERVICE_ACCOUNT, namespace: OPERATOR_NAMESPACE },
  },
];

/** `clusteradm delete token` (cli.md 12): nobody joins with a token that is out. `init` makes new ones possible. */
export const run = async (context: CommandContext): Promise<void> => {
  const client = context.client();
  if (!(await client.find(customResourceDefinitions, CLUSTER_MANAGER_CRD))) {
    throw new Error('this is not a hub');
  }
  const tokens = (await tokenSecrets(client)).map(({ metadata: { name, namespace } }) => ({
    resource: secrets,
    name: { name, namespace },
  }));
  for (const { resource, name } of [...tokens, ...parts]) await removeOne(context, client, resource, name);
};
