import { ApiError, messageOf } from '../../../runtime/client/errors.ts';
import { shortened } from '../../../runtime/controller/conditions.ts';

/** In one cluster not all is as the plan wants it. */
export interface Failure {
  cluster: string;
  /** What could not be done. */
  task: string;
  cause: string;
  /** Trying again may help; otherwise something that is under way is waited for. */
  isError: boolean;
}

/** Most characters of one cause and of the text about all clusters. */
const maxCauseLength = 400;
const maxTextLength = 2_000;

/** Why the hub refused a request, and what helps where that is known. */
const causeOf = (error: unknown, cluster: string): string => {
  if (!(error instanceof ApiError)) return messageOf(error);
  const cause = error.status.message ?? `the hub answered ${error.code}`;
  const isWithoutNamespace = error.code === 404 && cause.includes(`namespaces "${cluster}" not found`);
  return isWithoutNamespace ? `${cause}; is the cluster accepted, and not being removed?` : cause;
};

export const failureOf = (cluster: string, task: string, error: unknown): Failure => ({
  cluster,
  task,
  cause: causeOf(error, cluster),
  isError: true,
});

/** Names as many clusters with their causes as a condition has room for, in the order of their names. */
export const failuresText = (failures: readonly Failure[]): string => {
  const lines: string[] = [];
  let length = 0;
  for (const { cluster, task, cause } of failures.toSorted((a, b) => (a.cluster < b.cluster ? -1 : 1))) {
    const line = `cluster ${cluster}: ${task}: ${shortened(cause, maxCauseLength)}`;
    length += line.length;
    if (lines.length && length > maxTextLength) break;
    lines.push(line);
  }
  const rest = failures.length - lines.length;
  return `${lines.join('; ')}${rest ? `; and ${rest} more` : ''}`;
};
