import { namespace as namespaceName } from '../../api/names.ts';
import { controllerCommand } from '../../runtime/process/command.ts';
import { operatorFlags, operatorSettings } from '../operator-flags.ts';

/** `registration-operator klusterlet` (operator.md 1.1, 1.4). The operator is loaded only when it runs. */
export const klusterletCommand = controllerCommand({
  help: 'Start the klusterlet operator',
  component: 'klusterlet',
  flags: {
    ...operatorFlags('Klusterlet', 'agent'),
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
      ...operatorSettings(flags),
      keepsAddonNamespace: !flags['disable-default-addon-namespace'],
    });
  },
});
