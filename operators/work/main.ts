import { controllerCommand } from '../runtime/process/command.ts';
import { runProgram } from '../runtime/process/program.ts';
import { requireClusterName, startWorkAgent, validateWorkAgentFlags, workAgentFlags } from './agent/start.ts';
import { validateWorkManagerFlags, workManagerFlags } from './hub/flags.ts';
import { startWorkManager } from './hub/start.ts';
import { webhookCommand } from './webhook/command.ts';

await runProgram({
  name: 'work',
  help: 'Work: the agent that applies ManifestWorks, the hub controllers and the admission webhooks',
  version: process.env['OCM_VERSION'] ?? '',
  commands: {
    manager: controllerCommand({
      help: 'Run the hub controllers',
      component: 'work-manager',
      flags: workManagerFlags,
      appliesTlsFlags: true,
      validate: validateWorkManagerFlags,
      run: startWorkManager,
    }),
    agent: controllerCommand({
      help: 'Run the agent of a managed cluster',
      component: 'work-agent',
      flags: workAgentFlags,
      appliesTlsFlags: true,
      validate: (flags) => {
        validateWorkAgentFlags(flags);
        requireClusterName(flags);
      },
      run: startWorkAgent,
    }),
    'webhook-server': webhookCommand,
  },
});
