import { hubWorkFeatures } from '../../api/features.ts';
import { type FlagSpecs, type Flags, UsageError } from '../../runtime/process/command.ts';

/** Flags of `work manager` beside those of every controller (work.md 1.4). */
export const workManagerFlags = {
  'work-driver': { type: 'string', default: 'kube', help: 'Where ManifestWorks are kept: kube' },
  'work-driver-config': {
    type: 'string',
    default: '',
    help: 'Kubeconfig of the API server of the ManifestWorks. Default: that of the process',
  },
  'cloudevents-client-id': { type: 'string', default: '', help: 'Client id for drivers that carry events' },
  'feature-gates': {
    type: 'gates',
    default: {},
    gates: hubWorkFeatures,
    help: 'Feature gates, as Name=true,Other=false',
  },
} as const satisfies FlagSpecs;

export type WorkManagerFlags = Flags<typeof workManagerFlags>;

/** Drivers that operators pass on and this version does not have. */
export const unavailableDrivers: readonly string[] = ['mqtt', 'grpc'];

/** Refuses drivers that do not exist before anything starts. */
export const validateWorkManagerFlags = (flags: WorkManagerFlags): void => {
  const driver = flags['work-driver'];
  if (driver !== 'kube' && !unavailableDrivers.includes(driver))
    throw new UsageError(
      `--work-driver=${driver} is not supported by this version of the work manager; use kube`,
    );
};
