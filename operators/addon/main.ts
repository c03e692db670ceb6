import { runProgram } from '../runtime/process/program.ts';
import { conversionCommand } from './conversion/command.ts';

await runProgram({
  name: 'addon',
  help: 'Add-ons: the webhook that converts their versions',
  version: process.env['OCM_VERSION'] ?? '',
  commands: { 'webhook-server': conversionCommand },
});
