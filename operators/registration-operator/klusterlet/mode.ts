import type { Klusterlet } from '../../api/generated/operator.ts';
import { finalizer, namespace } from '../../api/names.ts';

/** Ways to install the agents (operator.md 3.2). */
export const modes = ['Default', 'Singleton', 'Hosted', 'SingletonHosted'] as const;
export type Mode = (typeof modes)[number];

export const isHosted = (mode: Mode): boolean => mode === 'Hosted' || mode === 'SingletonHosted';
export const isSingleton = (mode: Mode): boolean => mode === 'Singleton' || mode === 'SingletonHosted';

const known = (text: string | undefined): Mode | undefined =>
  text ? modes.find((mode) => mode === text) : 'Default';

/** The mode that the spec asks for; undefined when it is none of {@link modes}. */
export const modeOf = (klusterlet: Klusterlet): Mode | undefined =>
  known(klusterlet.spec?.deployOption?.mode);

/**
 * The mode to remove a Klusterlet by. One whose mode has become unknown was installed by another; its finalizers say
 * whether that one was hosted.
 */
export const removalModeOf = (klusterlet: Klusterlet): Mode =>
  modeOf(klusterlet) ??
  (klusterlet.metadata.finalizers?.includes(finalizer.klusterletHosted) ? 'Hosted' : 'Default');

/** The namespace on the managed cluster that the agents' ServiceAccounts live in, `<kNS>`. */
export const klusterletNamespace = (klusterlet: Klusterlet): string =>
  klusterlet.spec?.namespace || namespace.agent;

/** The namespace on the management cluster that agents and their secrets live in, `<aNS>`. */
export const agentNamespace = (klusterlet: Klusterlet, mode: Mode): string =>
  isHosted(mode) ? klusterlet.metadata.name : klusterletNamespace(klusterlet);

/** {@link agentNamespace} by what the spec says now, an unknown mode counting as what it was. */
export const agentNamespaceOf = (klusterlet: Klusterlet): string =>
  agentNamespace(klusterlet, removalModeOf(klusterlet));

/** Names of the agents' Deployments. */
export const deploymentName = {
  registration: (klusterlet: string) => `${klusterlet}-registration-agent`,
  work: (klusterlet: string) => `${klusterlet}-work-agent`,
  singleton: (klusterlet: string) => `${klusterlet}-agent`,
} as const;

/** The Deployments of a mode, and those that only other modes have. */
export const deploymentsOf = (klusterlet: string, mode: Mode): { wanted: string[]; obsolete: string[] } => {
  const pair = [deploymentName.registration(klusterlet), deploymentName.work(klusterlet)];
  const single = [deploymentName.singleton(klusterlet)];
  return isSingleton(mode) ? { wanted: single, obsolete: pair } : { wanted: pair, obsolete: single };
};

/** Names of the agents' ServiceAccounts, on both clusters. */
export const serviceAccountName = {
  registration: (klusterlet: string) => `${klusterlet}-registration-sa`,
  work: (klusterlet: string) => `${klusterlet}-work-sa`,
} as const;
