import { type Command, Option } from 'commander';
import { bool, integer, string } from './flags.ts';

/** The flags that every command accepts (cli.md 1.3). */
export const addGlobalFlags = (program: Command): void => {
  string(program, '--kubeconfig', 'kubeconfig file; else $KUBECONFIG, ~/.kube/config, or the Pod it runs in');
  string(program, '--context', 'context of the kubeconfig');
  bool(program, '--dry-run', 'show what would be done, change nothing');
  integer(program, '--timeout', 'seconds that a wait may take', 300);
  bool(program, '--match-server-version', 'accepted for compatibility, without effect');
  integer(program, '-v, --v', 'verbosity: from 1 on, errors come with their causes', 0);
  addLogFlags(program);
};

/** Every Go tool of the family has them; logs here go to stderr whatever they say. */
const addLogFlags = (program: Command): void => {
  for (const name of ['vmodule', 'log-dir', 'log-file', 'log-backtrace-at']) {
    program.addOption(new Option(`--${name} <string>`).hideHelp());
  }
  for (const name of ['log-file-max-size', 'stderrthreshold', 'alsologtostderrthreshold']) {
    program.addOption(new Option(`--${name} <int>`).hideHelp());
  }
  for (const name of [
    'logtostderr',
    'alsologtostderr',
    'legacy-stderr-threshold-behavior',
    'add-dir-header',
    'skip-headers',
    'skip-log-headers',
    'one-output',
  ]) {
    program.addOption(new Option(`--${name}`).hideHelp());
    program.addOption(new Option(`--no-${name}`).hideHelp());
  }
};
