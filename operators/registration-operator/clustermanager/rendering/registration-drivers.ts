import type { ClusterManager } from '../../../api/generated/operator.ts';
import { authType } from '../../../api/names.ts';

/** What the registration drivers of a ClusterManager mean for the registration controller (operator.md 4.3). */
export interface RegistrationDrivers {
  /** authTypes in the order of the spec. */
  names: string[];
  csrUsers: string[];
  arnPatterns: string[];
  /** Set when awsirsa is to be used. */
  hubClusterArn?: string;
  awsTags: string[];
  grpcUsers: string[];
  grpc: boolean;
  /** Drivers that cannot be used, in words for the user. */
  problems: string[];
}

const arn = /^arn:aws:eks:[a-zA-Z0-9-]+:(\d{12}):cluster\/([a-zA-Z0-9-]+)$/;

/** Reads the drivers; awsirsa without a usable ARN is left out and reported, since it could only crash (D3). */
export const registrationDrivers = (clusterManager: ClusterManager): RegistrationDrivers => {
  const result: RegistrationDrivers = {
    names: [],
    csrUsers: [],
    arnPatterns: [],
    awsTags: [],
    grpcUsers: [],
    grpc: false,
    problems: [],
  };
  for (const driver of clusterManager.spec?.registrationConfiguration?.registrationDrivers ?? []) {
    if (driver.authType === authType.awsIrsa) {
      const hubClusterArn = driver.awsirsa?.hubClusterArn ?? '';
      if (!arn.test(hubClusterArn)) {
        result.problems.push(
          'Registration driver awsirsa is not used: set its hubClusterArn, such as arn:aws:eks:<region>:<account>:cluster/<name>',
        );
        continue;
      }
      result.hubClusterArn = hubClusterArn;
      result.arnPatterns = driver.awsirsa?.autoApprovedIdentities ?? [];
      result.awsTags = driver.awsirsa?.tags ?? [];
    }
    if (driver.authType === authType.csr) result.csrUsers = driver.csr?.autoApprovedIdentities ?? [];
    if (driver.authType === authType.grpc) {
      result.grpc = true;
      result.grpcUsers = driver.grpc?.autoApprovedIdentities ?? [];
    }
    result.names.push(driver.authType);
  }
  return result;
};

/** The IAM role that creates the identities of managed clusters, for the registration controller (operator.md 4.4). */
export const creatorRoleArn = (hubClusterArn: string): string => {
  const [, account, cluster] = arn.exec(hubClusterArn) ?? [];
  return `arn:aws:iam::${account}:role/${cluster}_managed-cluster-identity-creator`;
};
