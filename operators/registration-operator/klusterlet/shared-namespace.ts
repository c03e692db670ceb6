import type { Klusterlet } from '../../api/generated/operator.ts';
import { mapped, type Watch } from '../../runtime/controller/controller.ts';
import type { Dependencies } from './dependencies.ts';
import { agentNamespaceOf } from './mode.ts';

const isOlder = (a: Klusterlet, b: Klusterlet): boolean => {
  const [timeOfA, timeOfB] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return timeOfA === timeOfB ? a.metadata.name < b.metadata.name : timeOfA < timeOfB;
};

/** Other Klusterlets whose agents and secrets stand in the same namespace of the management cluster. */
export const sharersOf = (klusterlet: Klusterlet, all: readonly Klusterlet[]): Klusterlet[] =>
  all.filter(
    (other) =>
      other.metadata.name !== klusterlet.metadata.name &&
      agentNamespaceOf(other) === agentNamespaceOf(klusterlet),
  );

/**
 * The Klusterlet that holds the namespace which this one asks for too, when it is the older of them. Agents' selectors
 * do not name their Klusterlet and their secrets have fixed names, so that a namespace can serve one only
 * (operator.md 5.5).
 */
export const holderOfNamespace = (
  klusterlet: Klusterlet,
  all: readonly Klusterlet[],
): Klusterlet | undefined => sharersOf(klusterlet, all).find((other) => isOlder(other, klusterlet));

/** Klusterlets, and with each change those of the same namespace: one may get what another leaves. */
export const klusterletsAndSharers = ({ klusterlets }: Pick<Dependencies, 'klusterlets'>): Watch =>
  mapped(klusterlets, (klusterlet) => [
    klusterlet.metadata.name,
    ...sharersOf(klusterlet, klusterlets.list()).map(({ metadata }) => metadata.name),
  ]);
