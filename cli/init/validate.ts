import type { InitFlags } from './flags.ts';

/** Throws when flags contradict each other (cli.md 4.3 steps 7, 9 and 10). */
export const validate = (flags: InitFlags): void => {
  if (!flags.imageRegistry) throw new Error('registry should not be empty');
  validateApproval(flags);
  if (flags.wait && flags.output !== 'text') throw new Error('output should be text if --wait is set');
};

const validateApproval = (flags: InitFlags): void => {
  const lists = [
    {
      driver: 'awsirsa',
      identities: flags.autoApprovedArnPatterns,
      what: 'patterns for aws eks arn',
    },
    {
      driver: 'csr',
      identities: flags.autoApprovedCsrIdentities,
      what: 'users for csr to auto approve',
    },
    {
      driver: 'grpc',
      identities: flags.autoApprovedGrpcIdentities,
      what: 'users or identities for grpc cluster to auto approve',
    },
  ].filter(({ identities }) => identities.length > 0);
  if (lists.length > 0 && !flags.featureGates?.ManagedClusterAutoApproval) {
    throw new Error(
      'should enable feature gate ManagedClusterAutoApproval before passing list of identities',
    );
  }
  const orphan = lists.find(({ driver }) => !flags.registrationDrivers.includes(driver));
  if (orphan) {
    throw new Error(
      `should not provide list of ${orphan.what} if not initializing hub with ${orphan.driver} registration`,
    );
  }
};
