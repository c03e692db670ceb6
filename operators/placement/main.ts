import { controllerCommand } from '../runtime/process/command.ts';
import { runProgram } from '../runtime/process/program.ts';
import { startPlacementController } from './controller/start.ts';
import { debugCommand } from './debug/command.ts';

await runProgram({
  name: 'placement',
  help: 'Placement: the controller that selects managed clusters, and a server that says why',
  version: process.env['OCM_VERSION'] ?? '',
  commands: {
    controller: controllerCommand({
      help: 'Run the hub controller',
      component: 'placement',
      flags: {},
      appliesTlsFlags: true,
      run: startPlacementController,
    }),
    debug: debugCommand,
  },
});
