import { namespace as namespaceName } from '../../api/names.ts';
import { controllerCommand } from '../../runtime/process/command.ts';
import { defaultControlPlaneSelector } from '../replicas.ts';

/** `registration-operator klusterlet` (operator.md 1.1, 1.4). The operator is loaded only when it runs. */
export const klusterletCommand = controllerCommand({
  help: 'Start the klusterlet operator',
  component: 'klusterlet',
  flags: {
    'control-plane-node-label-selector': {
      type: 'string',
      default: defaultControlPlaneSelector,
      help: 'Label selector of the control-plane nodes by which replicas are chosen',
    },
    'deployment-replicas': {
      type: 'int',
      default: 0,
      help: 'Replicas of every agent Deployment; 0 lets the operator choose',
    },
    'enable-sync-labels': {
      type: 'bool',
      default: false,
      help: 'Copy the labels of a Klusterlet to everything that is installed for it',
    },
    'disable-default-addon-namespace': {
      type: 'bool',
      default: false,
      help: `Leave the namespace ${namespaceName.addon} to others`,
    },
    'skip-placeholder-hub-secret': {
      type: 'bool',
      default: false,
      help: 'Has no effect',
      deprecated: 'it has no effect',
    },
  },
  async run(process, flags) {
    const { startKlusterletOperator } = await import('./operator.ts');
    await startKlusterletOperator(process, {
      deploymentReplicas: flags['deployment-replicas'],
      controlPlaneNodeSelector: flags['control-plane-node-label-selector'],
      syncLabels: flags['enable-sync-labels'],
      keepsAddonNamespace: !flags['disable-default-addon-namespace'],
    });
  },
});
