import {
  type PlacementDecision,
  placementDecisions,
  placements,
} from '../../../operators/api/generated/cluster.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { seconds } from '../figures.ts';
import { type BenchHub, inTurns } from './hub.ts';

const status = { subresource: 'status' };

/** The writes of one placement, in the controller's order: its objects one after the other, then its status. */
const writeOne = async (
  client: Client,
  hub: BenchHub,
  like: string,
  from: string,
  to: string,
): Promise<void> => {
  const model = hub.placements.get(like, from)!;
  const own = hub.placements.get(like, to)!;
  const objects = hub.decisions
    .list(from)
    .filter(({ metadata }) => metadata.ownerReferences?.[0]?.uid === model.metadata.uid);
  for (const { metadata, status: decided } of objects) {
    const { name, labels, ownerReferences } = metadata;
    const owner = { ...ownerReferences![0]!, uid: own.metadata.uid! };
    await client.create<PlacementDecision>(placementDecisions, {
      metadata: { name, namespace: to, labels, ownerReferences: [owner] },
    });
    const body = { status: decided };
    await client.patch(placementDecisions, { name, namespace: to }, { type: 'merge', body }, status);
  }
  const body = { status: model.status };
  await client.patch(placements, { name: like, namespace: to }, { type: 'merge', body }, status);
};

/**
 * Seconds that a bare client takes to write in one namespace what the controller wrote for placements of the same names in
 * another, `atOnce` placements at a time. The controller must be away.
 */
export const decisionsFloor = async (
  hub: BenchHub,
  names: readonly string[],
  from: string,
  to: string,
  atOnce: number,
): Promise<number> => {
  const missing = new Set(names);
  await hub.until(hub.placements, `${to} to be known`, ({ metadata }) => {
    if (metadata.namespace === to) missing.delete(metadata.name);
    return missing.size === 0;
  });
  return seconds(() => inTurns(names, (name) => writeOne(hub.client, hub, name, from, to), atOnce));
};
