import { counter, gauge, histogram } from '../process/metric-definition.ts';
import type { Metrics } from '../process/metrics.ts';
import { ApiError, isConflict } from './errors.ts';

/** What a write does to an object that a controller watches over; upstream's names (placement.md 13). */
export type PatchOperation =
  'add_finalizer' | 'remove_finalizer' | 'patch_status' | 'patch_spec' | 'patch_label_annotation';

/** client-go's, and those of upstream's patcher. */
export const clientMetrics = {
  requests: counter(
    'rest_client_requests_total',
    'Number of HTTP requests, partitioned by status code, method, and host.',
    ['code', 'host', 'method'],
  ),
  duration: histogram(
    'rest_client_request_duration_seconds',
    'Request latency in seconds until the headers of the answer, by verb and host.',
    [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60],
    ['verb', 'host'],
  ),
  certificate: gauge(
    'rest_client_certificate_expiration_timestamp_seconds',
    'When the client certificate that the host knows the process by expires, in seconds since the epoch.',
    ['host'],
  ),
  patches: counter(
    'patcher_operations_total',
    'Number of patches of objects, by what was patched and how it ended: success, conflict or error.',
    ['operation', 'resource', 'status'],
  ),
  patchDuration: histogram(
    'patcher_operation_duration_seconds',
    'Duration of patches of objects in seconds.',
    [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    ['operation', 'resource'],
  ),
};

/** Counts a patch and how long it takes. Resolves and rejects as the patch does. */
export const countPatch = async <R>(
  metrics: Metrics | undefined,
  operation: PatchOperation,
  resource: string,
  patch: () => Promise<R>,
): Promise<R> => {
  if (!metrics) return patch();
  const began = performance.now();
  const count = (status: string) => {
    metrics.counter(clientMetrics.patches).inc({ operation, resource, status });
    metrics
      .histogram(clientMetrics.patchDuration)
      .observe((performance.now() - began) / 1000, { operation, resource });
  };
  try {
    const result = await patch();
    count('success');
    return result;
  } catch (error) {
    count(error instanceof ApiError && isConflict(error) ? 'conflict' : 'error');
    throw error;
  }
};
