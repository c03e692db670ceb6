import { createHash } from 'node:crypto';
import type { Klusterlet } from '../../../api/generated/operator.ts';

/** What the agent needs to join with an AWS identity. */
export interface AwsIdentity {
  hubClusterArn: string;
  managedClusterArn: string;
  /** md5 over account and name of both clusters: the suffix of the role's name. */
  roleSuffix: string;
  /** Value of the annotation `eks.amazonaws.com/role-arn` of the agents' ServiceAccounts. */
  roleArn: string;
}

const arnPattern = /^arn:aws:eks:[a-zA-Z0-9-]+:(\d{12}):cluster\/([a-zA-Z0-9-]+)$/;

const parse = (arn: string | undefined): { account: string; cluster: string } | undefined => {
  const [, account, cluster] = arnPattern.exec(arn ?? '') ?? [];
  return account && cluster ? { account, cluster } : undefined;
};

export const usesAws = (klusterlet: Klusterlet): boolean =>
  klusterlet.spec?.registrationConfiguration?.registrationDriver?.authType === 'awsirsa';

/** The AWS identity of a Klusterlet (operator.md 5.3); undefined when it has no valid pair of ARNs (D3). */
export const awsIdentity = (klusterlet: Klusterlet): AwsIdentity | undefined => {
  if (!usesAws(klusterlet)) return undefined;
  const { hubClusterArn = '', managedClusterArn = '' } =
    klusterlet.spec?.registrationConfiguration?.registrationDriver?.awsIrsa ?? {};
  const hub = parse(hubClusterArn);
  const managed = parse(managedClusterArn);
  if (!hub || !managed) return undefined;
  const roleSuffix = createHash('md5')
    .update([hub.account, hub.cluster, managed.account, managed.cluster].join('#'))
    .digest('hex');
  return {
    hubClusterArn,
    managedClusterArn,
    roleSuffix,
    roleArn: `arn:aws:iam::${managed.account}:role/ocm-managed-cluster-${roleSuffix}`,
  };
};
