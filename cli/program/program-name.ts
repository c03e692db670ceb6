/** The program's name in printed command lines: as a kubectl or oc plugin, `kubectl cm` or `oc cm` (cli.md 1.2). */
export const programName = (argv0: string): string => {
  // Run from source, the file's name says nothing.
  const base =
    argv0
      .split(/[\\/]/)
      .at(-1)
      ?.replace(/^main\.[cm]?[jt]s$/, 'clusteradm')
      .replace(/\.exe$/i, '') || 'clusteradm';
  if (base === 'oc') return 'oc cm';
  return base === 'kubectl' ? 'kubectl cm' : base;
};

/** What the names of plugins begin with: `clusteradm`, or `kubectl-cm` (cli.md 17). */
export const pluginPrefix = (argv0: string): string => programName(argv0).replaceAll(' ', '-');
