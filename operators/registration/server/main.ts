import { controllerCommand } from '../../runtime/process/command.ts';
import { runProgram } from '../../runtime/process/program.ts';
import { grpcServerFlags, startGrpc } from './start.ts';

await runProgram({
  name: 'server',
  help: 'Servers by which agents reach a hub in other ways than its API server',
  version: process.env['OCM_VERSION'] ?? '',
  commands: {
    grpc: controllerCommand({
      help: 'Serve the hub as CloudEvents over gRPC',
      component: 'grpc-server',
      flags: grpcServerFlags,
      leaderElection: false,
      appliesTlsFlags: true,
      run: startGrpc,
    }),
  },
});
