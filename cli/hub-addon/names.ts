/** An add-on that a chart installs on the hub (cli.md 13). */
export interface ChartAddon {
  chart: string;
  release: string;
  /** Always this one, whatever `--namespace` says. */
  namespace: string;
  /** The ManagedClusterAddOns that need it. */
  addons: string[];
}

export const GOVERNANCE = 'governance-policy-framework';

export const CHART_ADDONS: Record<string, ChartAddon> = {
  argocd: {
    chart: 'argocd-pull-integration',
    release: 'argocd-pull-integration',
    namespace: 'argocd',
    addons: ['argocd'],
  },
  'argocd-agent': {
    chart: 'argocd-agent-addon',
    release: 'argocd-agent-addon',
    namespace: 'argocd',
    addons: ['argocd-agent-addon'],
  },
};

/**
 * The add-ons of `--names`, each once.
 * @throws Error when there is none, or one that nobody knows how to install
 */
export const hubAddonNames = (names: string): string[] => {
  const wanted = [...new Set(names.split(',').map((name) => name.trim()))].filter(Boolean);
  if (wanted.length === 0) throw new Error('names is missing');
  for (const name of wanted) {
    if (name === GOVERNANCE || Object.hasOwn(CHART_ADDONS, name)) continue;
    const known = [...Object.keys(CHART_ADDONS), GOVERNANCE].join(', ');
    throw new Error(`invalid add-on name ${name}: choose of ${known}`);
  }
  return wanted;
};
