/** A write that was not sent, because this process may no longer write. */
export class FencedError extends Error {
  override readonly name = 'FencedError';
}

/**
 * Whether this process may write. One for the process and not one for each client: a process leads or it does not, and
 * a client that somebody forgot to tell would be the one that writes. Undefined while the process does not take part in
 * an election.
 */
let holds: (() => boolean) | undefined;

/**
 * From now on every write of this process asks first, whichever client makes it; undefined lifts the fence. What is
 * asked must be cheap and must not wait: the answer has to be true at the moment at which the request is sent.
 */
export const fenceWrites = (mayWrite: (() => boolean) | undefined): void => {
  holds = mayWrite;
};

/** Requests that are made with POST and store nothing: a process that does not lead asks these too. */
const isQuestion = (path: string): boolean =>
  path.includes('/apis/authentication.k8s.io/') || path.includes('/apis/authorization.k8s.io/');

/** @throws FencedError when the request is a write and this process may not write */
export const assertUnfenced = ({ method, path }: { method: string; path: string }): void => {
  if (holds === undefined || method === 'GET' || isQuestion(path) || holds()) return;
  throw new FencedError(
    `${method} ${path.split('?', 1)[0]} is not sent: the lease was not renewed in time, and another process may lead`,
  );
};
