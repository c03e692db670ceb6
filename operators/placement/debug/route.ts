import type { Placement } from '../../api/generated/cluster.ts';
import type { Client } from '../../runtime/client/client.ts';
import { HttpError } from '../../runtime/process/serving/http.ts';
import type { Route, RouteRequest } from '../../runtime/process/serving/routes.ts';
import type { Caches } from '../controller/caches.ts';
import type { Scheduler } from '../controller/scheduler.ts';
import { demandPermission } from './permission.ts';
import { placementOf } from './posted-placement.ts';
import { type DebugResult, resultOf } from './result.ts';
import { Turns } from './turns.ts';

export interface DebugDependencies {
  /** Asks for permissions. */
  hub: Pick<Client, 'create'>;
  placements: Pick<Caches['placements'], 'get'>;
  scheduler: Pick<Scheduler, 'choose' | 'filter' | 'decide'>;
  /** Whether all is known that decisions are made from. */
  isInStep: () => boolean;
  /** Aborts when the process ends. */
  signal: AbortSignal;
}

/** Most bytes of a Placement that is sent. */
const mostBytes = 1024 * 1024;

/** Namespace and name of a path behind the prefix. */
const keyIn = (rest: string): { namespace: string; name: string } => {
  const parts = rest.split('/');
  if (parts.length > 2) throw new HttpError(400, `unexpected key format: ${JSON.stringify(rest)}`);
  const [namespace = '', name = ''] = parts;
  if (!namespace || !name) throw new HttpError(400, 'invalid debug path: namespace and name required');
  return { namespace, name };
};

/**
 * Says what would be decided about a stored Placement (GET) or one that is sent (POST), without any effect (placement.md
 * 12, since-1.3.1.md 11). Whether a Placement exists is told to those only who may know it.
 */
export const debugRoute = (deps: DebugDependencies): Route => {
  const { hub, placements, scheduler, isInStep } = deps;
  const turns = new Turns();

  const evaluate = async (placement: Placement, signal: AbortSignal): Promise<DebugResult> => {
    const choice = scheduler.choose(placement);
    const filtered = await scheduler.filter(placement, choice, signal);
    return resultOf(placement, filtered.stages, scheduler.decide(placement, choice, filtered));
  };

  /** The placement that a request is about, and that the caller may be told about. */
  const permitted = async (request: RouteRequest, signal: AbortSignal): Promise<Placement> => {
    const { caller, method, rest } = request;
    if (method === 'POST') {
      const placement = placementOf(await request.body(mostBytes));
      await demandPermission(hub, caller, 'create', placement.metadata.namespace!, signal);
      return placement;
    }
    const { namespace, name } = keyIn(rest);
    await demandPermission(hub, caller, 'get', namespace, signal);
    const placement = placements.get(name, namespace);
    if (!placement) throw new HttpError(404, `placement '${name}' not found`);
    return placement;
  };

  return {
    prefix: '/debug/placements/',
    methods: ['GET', 'POST'],
    async answer(request) {
      if (!isInStep())
        throw new HttpError(503, 'what the hub has is still being read: try again', { 'retry-after': '1' });
      const signal = AbortSignal.any([request.signal, deps.signal]);
      return turns.take(request.caller.username, signal, async () =>
        evaluate(await permitted(request, signal), signal),
      );
    },
  };
};
