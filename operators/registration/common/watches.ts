import type { Watch } from '../../runtime/controller/controller.ts';

/** Gives one key at the start; what follows is up to the result of its reconcile. */
export const once = (key: string): Watch => ({
  name: `once ${key}`,
  start: (enqueue) => {
    enqueue(key);
    return () => {};
  },
  waitForSync: () => Promise.resolve(),
});
