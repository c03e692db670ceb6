import type { ManifestWork, ManifestWorkReplicaSet } from '../../api/generated/work.ts';
import type {
  AdmissionHandler,
  AdmissionRequest,
  AdmissionResponse,
} from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { executorFault } from './executor.ts';
import { manifestFault } from './manifests.ts';
import { isOverreach } from './overreach.ts';

export const manifestWorkPath = '/validate-work-open-cluster-management-io-v1-manifestwork';
export const manifestWorkReplicaSetPath =
  '/validate-work-open-cluster-management-io-v1alpha1-manifestworkreplicaset';

export interface ValidatorOptions {
  /** Asks the hub who may do what. */
  client: Client;
  /** Most bytes of all manifests of a work. */
  manifestLimit: number;
  /** Gate NilExecutorValidating: works without an executor are checked against the agent's own. */
  checksNilExecutor: boolean;
  /** Gate ManifestWorkReplicaSet. */
  allowsReplicaSets: boolean;
}

const allowed: AdmissionResponse = { allowed: true };
const badRequest = (message: string): AdmissionResponse => ({
  allowed: false,
  code: 400,
  reason: 'BadRequest',
  message,
});
const forbidden = (message: string): AdmissionResponse => ({
  allowed: false,
  code: 403,
  reason: 'Forbidden',
  message,
});

const isWrite = ({ operation, subResource }: AdmissionRequest): boolean =>
  (operation === 'CREATE' || operation === 'UPDATE') && !subResource;

/** The object before an update; nothing is unchanged on creation. */
const before = <T>(request: AdmissionRequest): T | undefined =>
  request.operation === 'UPDATE' ? (request.oldObject as unknown as T | undefined) : undefined;

/**
 * Checks the manifests and the executor of a ManifestWork (work.md 8.1). What an update leaves as it was is not judged
 * again: a work stored before a rule existed must still be able to lose its finalizer (work.md 13, 15).
 */
export const manifestWorkValidator =
  ({ client, manifestLimit, checksNilExecutor }: ValidatorOptions): AdmissionHandler =>
  async (request, signal) => {
    if (!isWrite(request)) return allowed;
    const work = request.object as unknown as ManifestWork | undefined;
    const old = before<ManifestWork>(request);
    if (work && old && isOverreach(request, old, work))
      return forbidden(
        'an agent cannot change works of its cluster: have somebody with rights on the hub do it',
      );
    const manifests = work?.spec?.workload?.manifests;
    if (!old || !semanticEqual(manifests, old.spec?.workload?.manifests)) {
      const fault = manifestFault(manifests, manifestLimit, 'manifests should not be empty');
      if (fault) return badRequest(fault);
    }
    const executor = work?.spec?.executor;
    if (!executor && !checksNilExecutor) return allowed;
    if (old && semanticEqual(executor, old.spec?.executor)) return allowed;
    const namespace = request.namespace ?? work?.metadata.namespace ?? '';
    const fault = await executorFault(client, request.userInfo, executor, namespace, signal);
    return fault ? badRequest(fault) : allowed;
  };

/**
 * Checks the template of a ManifestWorkReplicaSet as the works that it becomes (work.md 8.2), its executor too: who makes a
 * template chooses the executor in any cluster, so he needs the right in all of them (work.md 13, 14).
 */
export const manifestWorkReplicaSetValidator =
  ({ client, manifestLimit, allowsReplicaSets, checksNilExecutor }: ValidatorOptions): AdmissionHandler =>
  async (request, signal) => {
    if (!allowsReplicaSets) return forbidden('ManifestWorkReplicaSet feature is disabled');
    if (!isWrite(request)) return allowed;
    const template = (request.object as unknown as ManifestWorkReplicaSet | undefined)?.spec
      ?.manifestWorkTemplate;
    const old = before<ManifestWorkReplicaSet>(request);
    const oldTemplate = old?.spec?.manifestWorkTemplate;
    const manifests = template?.workload?.manifests;
    if (!old || !semanticEqual(manifests, oldTemplate?.workload?.manifests)) {
      const fault = manifestFault(manifests, manifestLimit, 'Workload manifests should not be empty');
      if (fault) return badRequest(fault);
    }
    const executor = template?.executor;
    if (!executor && !checksNilExecutor) return allowed;
    if (old && semanticEqual(executor, oldTemplate?.executor)) return allowed;
    const fault = await executorFault(client, request.userInfo, executor, '', signal);
    return fault ? badRequest(fault) : allowed;
  };
