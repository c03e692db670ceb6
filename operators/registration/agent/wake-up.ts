/** Lets one wait for a moment that others may bring forward. */
export const createWakeUp = () => {
  let wake = () => {};
  return {
    /** Ends the present wait. */
    now: (): void => wake(),
    /** Resolves after `ms`, at {@link now}, or when the signal aborts. */
    wait: (ms: number, signal: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        const finish = () => {
          clearTimeout(timer);
          signal.removeEventListener('abort', finish);
          resolve();
        };
        const timer = setTimeout(finish, ms);
        signal.addEventListener('abort', finish, { once: true });
        if (signal.aborted) finish();
        wake = finish;
      }),
  };
};

export type WakeUp = ReturnType<typeof createWakeUp>;
