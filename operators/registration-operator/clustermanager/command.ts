import { controllerCommand } from '../../runtime/process/command.ts';
import { defaultControlPlaneSelector } from '../replicas.ts';

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
    'control-plane-node-label-selector': {
      type: 'string',
      default: defaultControlPlaneSelector,
      help: 'Label selector of the control-plane nodes by which replicas are chosen',
    },
    'deployment-replicas': {
      type: 'int',
      default: 0,
      help: 'Replicas of every operand Deployment; 0 lets the operator choose',
    },
    'enable-sync-labels': {
      type: 'bool',
      default: false,
      help: 'Copy the labels of a ClusterManager to everything that is installed for it',
    },
  },
  async run(process, flags) {
    const { startHubOperator } = await import('./operator.ts');
    await startHubOperator(process, {
      skipRemoveCrds: flags['skip-remove-crds'],
      controlPlaneNodeSelector: flags['control-plane-node-label-selector'],
      deploymentReplicas: flags['deployment-replicas'],
      syncLabels: flags['enable-sync-labels'],
    });
  },
});
