import { createOnly } from './create-only.ts';
import { serverSideApply } from './server-side-apply.ts';
import type { Strategy } from './strategy.ts';
import { update } from './update.ts';

/** Applies a manifest by the strategy that its work configures; ReadOnly never comes here (work.md 3.5). */
export const applyWish: Strategy = (spoke, wish, signal) => {
  switch (wish.strategy?.type ?? 'Update') {
    case 'CreateOnly':
      return createOnly(spoke, wish, signal);
    case 'ServerSideApply':
      return serverSideApply(spoke, wish, signal);
    case 'ReadOnly':
      throw new Error('an object that is only read is not applied');
    case 'Update':
      return update(spoke, wish, signal);
  }
};
