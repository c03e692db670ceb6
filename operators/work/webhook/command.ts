import { hubWorkFeatures } from '../../api/features.ts';
import { admissionCommand } from '../../runtime/admission/server.ts';
import {
  type ValidatorOptions,
  manifestWorkPath,
  manifestWorkReplicaSetPath,
  manifestWorkReplicaSetValidator,
  manifestWorkValidator,
} from './handlers.ts';
import { defaultManifestLimit } from './manifests.ts';

/** `work webhook-server`: the hub's admission server for works (work.md 1.5 and 8). */
export const webhookCommand = admissionCommand({
  help: 'Run the admission webhooks of the hub',
  component: 'work-webhook',
  flags: {
    manifestLimit: {
      type: 'int',
      default: defaultManifestLimit,
      help: 'Most bytes of all manifests of a ManifestWork together',
    },
    'feature-gates': {
      type: 'gates',
      default: {},
      gates: hubWorkFeatures,
      help: 'Feature gates, as Name=true,Other=false',
    },
  },
  handlers: ({ client }, flags) => {
    const gates = flags['feature-gates'];
    const options: ValidatorOptions = {
      client,
      manifestLimit: flags.manifestLimit,
      checksNilExecutor: gates.NilExecutorValidating ?? false,
      allowsReplicaSets: gates.ManifestWorkReplicaSet ?? false,
    };
    return {
      [manifestWorkPath]: manifestWorkValidator(options),
      [manifestWorkReplicaSetPath]: manifestWorkReplicaSetValidator(options),
    };
  },
});
