/** A time limit that runs. */
export interface Deadline {
  /** Begins anew, as when a byte came. */
  refresh(): void;
  cancel(): void;
  /** Lets the process end before. */
  unref(): Deadline;
}

/**
 * Calls `end` when so many milliseconds are over and all that had arrived by then is read: a process that was kept from
 * running (a busy node, a stopped container) finds answers that wait for it, and takes nobody for dead.
 */
export const deadlineAfter = (timeoutMs: number, end: () => void): Deadline => {
  let turn: NodeJS.Immediate | undefined;
  // An immediate comes after Node has read what waits in the sockets, a timer before.
  const timer = setTimeout(() => {
    turn = setImmediate(end);
  }, timeoutMs);
  const deadline: Deadline = {
    refresh: () => {
      clearImmediate(turn);
      timer.refresh();
    },
    cancel: () => {
      clearImmediate(turn);
      clearTimeout(timer);
    },
    unref: () => {
      timer.unref();
      return deadline;
    },
  };
  return deadline;
};
