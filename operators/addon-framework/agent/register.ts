import type { ManagedClusterAddOn, ManagedClusterAddOnStatus } from '../../api/generated/addon.ts';
import { messageOf } from '../../runtime/client/errors.ts';
import { setCondition } from '../../runtime/controller/conditions.ts';
import { bindRoles } from '../registration/bindings.ts';
import { type RegistrationOutcome, registrationCondition } from '../registration/registered.ts';
import { type AddonAgent, NotInTurn } from './agent.ts';
import type { AgentObjects } from './caches.ts';

export interface RegisterInput {
  agent: Pick<AddonAgent, 'registration'>;
  objects: Pick<AgentObjects, 'roleBindings'>;
  addon: ManagedClusterAddOn;
  signal: AbortSignal;
}

/**
 * Says how the agent of an add-on registers, and gives it its permissions on the hub (addon.md 7.1). Resolves to the status as
 * it is then; `error` is worth another attempt.
 */
export const register = async ({
  agent,
  objects,
  addon,
  signal,
}: RegisterInput): Promise<{ status: ManagedClusterAddOnStatus; error?: unknown }> => {
  const status = addon.status ?? {};
  const told = (next: ManagedClusterAddOnStatus, outcome: RegistrationOutcome) => ({
    ...next,
    conditions: setCondition(next.conditions, registrationCondition(outcome)),
  });
  let registration;
  try {
    registration = agent.registration(addon);
  } catch (error) {
    if (error instanceof NotInTurn) return { status };
    return { status: told(status, { failure: messageOf(error) }) };
  }
  const { registrations, namespace } = registration;
  const next = { ...status, registrations, namespace };
  const bindings = registration.bindings({ ...addon, status: next });
  if (!bindings) return { status: told(next, 'pending') };
  try {
    await bindRoles(objects.roleBindings, addon.metadata, bindings, signal);
  } catch (error) {
    signal.throwIfAborted();
    return { status: told(next, { failure: messageOf(error) }), error };
  }
  return { status: told(next, 'applied') };
};
