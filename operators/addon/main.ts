import { controllerCommand } from '../runtime/process/command.ts';
import { runProgram } from '../runtime/process/program.ts';
import { conversionCommand } from './conversion/command.ts';
import { startAddonManager } from './start.ts';

await runProgram({
  name: 'addon',
  help: 'Add-ons: the manager that installs and configures them, and the webhook that converts their versions',
  version: process.env['OCM_VERSION'] ?? '',
  commands: {
    manager: controllerCommand({
      help: 'Run the add-on manager',
      component: 'manager',
      flags: {
        'custom-signer-validity': {
          type: 'duration',
          default: 24 * 3_600_000,
          help: 'How long certificates of the signers of add-on templates are valid at most.',
        },
      },
      appliesTlsFlags: true,
      run: startAddonManager,
    }),
    'webhook-server': conversionCommand,
  },
});
