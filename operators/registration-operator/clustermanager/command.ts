import { controllerCommand } from '../../runtime/process/command.ts';
import { operatorFlags, operatorSettings } from '../operator-flags.ts';

/** `registration-operator hub` (operator.md 1.1, 1.3). The operator is loaded only when it runs. */
export const hubCommand = controllerCommand({
  help: 'Start the cluster-manager operator',
  component: 'clustermanager',
  flags: {
    'skip-remove-crds': {
      type: 'bool',
      default: false,
      help: 'Keep the CRDs when a ClusterManager is deleted',
    },
    ...operatorFlags('ClusterManager', 'operand'),
  },
  async run(process, flags) {
    const { startHubOperator } = await import('./operator.ts');
    await startHubOperator(process, {
      ...operatorSettings(flags),
      skipRemoveCrds: flags['skip-remove-crds'],
    });
  },
});
