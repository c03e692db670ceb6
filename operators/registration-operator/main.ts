import { runProgram } from '../runtime/process/program.ts';
import { agentCommand } from './agent.ts';
import { hubCommand } from './clustermanager/command.ts';
import { klusterletCommand } from './klusterlet/command.ts';

await runProgram({
  name: 'registration-operator',
  help: 'Operators that install hubs and agents, and the agent of both kinds in one process',
  version: process.env['OCM_VERSION'] ?? '',
  commands: { hub: hubCommand, klusterlet: klusterletCommand, agent: agentCommand },
});
