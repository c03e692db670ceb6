import { secret } from '../../api/names.ts';
import { controllerCommand } from '../../runtime/process/command.ts';
import { operatorFlags, operatorSettings } from '../operator-flags.ts';

/** The name that a flag says, the usual one where it says none (since-1.3.1 5.2). */
export const pullSecretName = (flag: string): string => flag.trim() || secret.imagePull;

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
    'image-pull-secret-name': {
      type: 'string',
      default: secret.imagePull,
      help: "Secret of the operator's namespace that operands pull their images with",
    },
    ...operatorFlags('ClusterManager', 'operand'),
  },
  async run(process, flags) {
    const { startHubOperator } = await import('./operator.ts');
    await startHubOperator(process, {
      ...operatorSettings(flags),
      skipRemoveCrds: flags['skip-remove-crds'],
      imagePullSecret: pullSecretName(flags['image-pull-secret-name']),
    });
  },
});
