import type { AddOnDeploymentConfigSpec } from '../../api/generated/addon.ts';

/** Where the Pods of an add-on find what it registered with. */
export const hubKubeconfig = '/managed/hub-kubeconfig/kubeconfig';

export interface ValueSources {
  cluster: string;
  /** Whether the template says how the add-on registers, be it not at all. */
  hasRegistration: boolean;
  config?: AddOnDeploymentConfigSpec;
}

/** What the add-on manager says itself, in the order in which containers get it. */
export const builtinValues = ({ cluster, hasRegistration, config }: ValueSources): Map<string, string> =>
  new Map([
    ...(hasRegistration ? ([['HUB_KUBECONFIG', hubKubeconfig]] as const) : []),
    ['CLUSTER_NAME', cluster],
    ...(config?.agentInstallNamespace
      ? ([['INSTALL_NAMESPACE', config.agentInstallNamespace]] as const)
      : []),
  ]);

/**
 * The variables of a template with their values (addon.md 6.2): users may give HUB_KUBECONFIG another one, and no other of
 * those that the add-on manager sets.
 * @throws when a value is no text
 */
export const templateValues = (sources: ValueSources): Map<string, string> => {
  const builtin = builtinValues(sources);
  const values = new Map(builtin);
  for (const { name, value = '' } of sources.config?.customizedVariables ?? []) {
    if (typeof value !== 'string')
      throw new Error(`only support string type for variables, invalid key ${name}`);
    if (name === 'HUB_KUBECONFIG' || !builtin.has(name)) values.set(name, value);
  }
  return values;
};
