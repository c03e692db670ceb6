import { controllerCommand } from '../runtime/process/command.ts';
import { runProgram } from '../runtime/process/program.ts';
import { startPlacementController } from './controller/start.ts';

await runProgram({
  name: 'placement',
  help: 'Placement: the controller that selects managed clusters',
  version: process.env['OCM_VERSION'] ?? '',
  commands: {
    controller: controllerCommand({
      help: 'Run the hub controller',
      component: 'placement',
      flags: {},
      appliesTlsFlags: true,
      run: startPlacementController,
    }),
  },
});
