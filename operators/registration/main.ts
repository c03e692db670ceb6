import { controllerCommand } from '../runtime/process/command.ts';
import { runProgram } from '../runtime/process/program.ts';
import { registrationAgentFlags } from './agent/flags.ts';
import { validateAgentFlags } from './agent/options.ts';
import { startRegistrationAgent } from './agent/start.ts';
import { registrationControllerFlags, validateControllerFlags } from './hub/flags.ts';
import { startRegistrationController } from './hub/start.ts';
import { webhookCommand } from './webhook/command.ts';

await runProgram({
  name: 'registration',
  help: 'Registration of managed clusters: hub controllers, agent and admission webhooks',
  version: process.env['OCM_VERSION'] ?? '',
  commands: {
    controller: controllerCommand({
      help: 'Run the hub controllers',
      component: 'registration-controller',
      flags: registrationControllerFlags,
      appliesTlsFlags: true,
      validate: validateControllerFlags,
      run: startRegistrationController,
    }),
    agent: controllerCommand({
      help: 'Run the agent of a managed cluster',
      component: 'registration-agent',
      flags: registrationAgentFlags,
      appliesTlsFlags: true,
      validate: validateAgentFlags,
      run: startRegistrationAgent,
    }),
    'webhook-server': webhookCommand,
  },
});
