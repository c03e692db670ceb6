import type { AppliedResource } from '../../../api/generated/work.ts';
import { ApiError, ConnectionError, messageOf } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { shortened } from '../../../runtime/controller/conditions.ts';

/** Why an object that is to go is still there. */
export interface Obstacle {
  /** Kind or resource, namespace and name. */
  object: string;
  cause: string;
  /** The object is on its way out, and only takes its time. */
  isWaiting: boolean;
}

/** Rounds of waiting after which it is said what an object on its way out waits for: usually it is gone by then. */
const patience = 6;
/** Most characters of one cause, and of the text about all obstacles: messages are for people, statuses are bounded. */
const maxCauseLength = 400;
const maxTextLength = 2_000;

/** Names an object for people; the kind is known only where the object could be read. */
export const objectText = (
  { resource, namespace, name }: AppliedResource,
  object?: Pick<UnknownObject, 'kind'>,
): string => `${object?.kind ?? resource} ${namespace ? `${namespace}/` : ''}${name}`;

const isMissingRight = ({ code, message }: ApiError): boolean =>
  code === 403 && /cannot \w+ resource/.test(message);

/** Why a request about an object failed, and what helps. */
export const causeOf = (error: unknown): string => {
  if (error instanceof ConnectionError)
    return `the managed cluster's API server does not answer: ${error.message}`;
  if (!(error instanceof ApiError)) return messageOf(error);
  const cause = error.status.message ?? `the API server answered ${error.code}`;
  if (error.code === 401) return `${cause}; the work agent has no valid credential on the managed cluster`;
  if (!isMissingRight(error)) return cause;
  return (
    `${cause}; grant the right to the work agent on the managed cluster, for example by a ClusterRole with the label ` +
    'open-cluster-management.io/aggregate-to-work=true'
  );
};

interface NamespaceCondition {
  type?: unknown;
  status?: unknown;
  message?: unknown;
}

/** What a namespace says of what is left in it; nothing of any other object. */
const contentLeft = ({ kind, status }: UnknownObject): string[] => {
  if (kind !== 'Namespace') return [];
  const { conditions } = (status ?? {}) as { conditions?: NamespaceCondition[] };
  return (conditions ?? []).flatMap(({ status: is, message }) =>
    is === 'True' && typeof message === 'string' ? [message] : [],
  );
};

/** What an object that is being deleted waits for. */
export const waitOf = (object: UnknownObject): string => {
  const { finalizers = [] } = object.metadata;
  const awaited = [
    ...(finalizers.length ? [`the controllers of its finalizers ${finalizers.join(', ')}`] : []),
    ...contentLeft(object),
  ];
  return awaited.length ? `is being deleted and waits for: ${awaited.join('; ')}` : 'is being deleted';
};

/**
 * The text of a condition about objects that are still there, after so many rounds of waiting; undefined when there is
 * nothing to say yet. Names as many as have room.
 */
export const obstaclesText = (obstacles: readonly Obstacle[], round: number): string | undefined => {
  const told = obstacles.filter(({ isWaiting }) => !isWaiting || round >= patience);
  const lines: string[] = [];
  let length = 0;
  for (const { object, cause } of told) {
    const line = `${object}: ${shortened(cause, maxCauseLength)}`;
    length += line.length;
    if (lines.length && length > maxTextLength) break;
    lines.push(line);
  }
  const rest = told.length - lines.length;
  return lines.length ? `${lines.join('; ')}${rest ? `; and ${rest} more` : ''}` : undefined;
};
