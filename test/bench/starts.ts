import { COMPONENTS } from '../../scripts/images.ts';
import type { Cluster } from '../cluster/index.ts';
import { json } from '../e2e/fleet.ts';
import { figure } from './figures.ts';

interface PodList {
  items: { metadata: { name: string; namespace: string }; spec: { containers: { image: string }[] } }[];
}

const isOurs = (image: string): boolean => COMPONENTS.some((name) => image.includes(`/${name}:`));

/** From the start of a process to the moment at which it serves, as its log says; milliseconds. */
const startOf = (log: string): number | undefined =>
  log
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { message?: string; afterMs?: number })
    .find(({ message }) => message?.startsWith('serving'))?.afterMs;

/** How long the operators and operands of these clusters took to start. */
export const reportStarts = async (clusters: readonly Cluster[]): Promise<void> => {
  const starts: number[] = [];
  for (const cluster of clusters) {
    const { items } = await json<PodList>(cluster, ['get', 'pods', '-A']);
    const ours = items.filter(({ spec }) => isOurs(spec.containers[0]?.image ?? ''));
    for (const { metadata } of ours) {
      const log = await cluster.kubectl(['logs', '-n', metadata.namespace, metadata.name]);
      const start = startOf(log);
      if (start !== undefined) starts.push(start);
    }
  }
  figure(
    `longest start of ${starts.length} processes, until they serve`,
    Math.max(...starts) / 1000,
    's',
    '1',
  );
};
