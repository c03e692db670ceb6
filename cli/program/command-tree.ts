import type { Command } from 'commander';
import type { Shell } from '../completion/scripts.ts';
import type { Kind } from '../config/entries.ts';
import type { CommandContext } from '../context.ts';

/** What a command's module exports; `Flags` are its options as commander hands them over. */
export interface CommandModule<Flags> {
  /** Adds the flags and arguments. */
  define(command: Command): void;
  run(context: CommandContext, flags: Flags, args: string[]): Promise<void>;
}

/** One command in the tree (cli.md 1.1). Its module is loaded only when it is the one that runs. */
export interface CommandEntry {
  name: string;
  summary: string;
  /** The heading in the help of the program; only for commands at its top. */
  group?: string;
  children?: CommandEntry[];
  load?: () => Promise<CommandModule<never>>;
  /** It never contacts a cluster, so a dry run is none (cli.md 1.4). */
  offline?: boolean;
}

const GENERAL = 'General commands:';
const REGISTRATION = 'Registration commands:';
const MANAGEMENT = 'Cluster Management commands:';
const OTHER = 'Other Commands:';

const completion = (name: Shell, called: string): CommandEntry => ({
  name,
  summary: `Print the script with which ${called} completes commands`,
  load: async () => (await import('../commands/completion.ts')).completionOf(name),
  offline: true,
});

const configDeletion = (name: string, summary: string, kind: Kind): CommandEntry => ({
  name,
  summary,
  load: async () => (await import('../commands/config/delete.ts')).deleteOf(kind),
});

const configNames = (name: string, summary: string, kind: Kind): CommandEntry => ({
  name,
  summary,
  load: async () => (await import('../commands/config/get-names.ts')).namesOf(kind),
});

export const COMMANDS: CommandEntry[] = [
  {
    name: 'create',
    summary: 'Create objects on the hub',
    group: GENERAL,
    children: [
      {
        name: 'clusterset',
        summary: 'Create a set of clusters',
        load: () => import('../commands/create/clusterset.ts'),
      },
      {
        name: 'placement',
        summary: 'Create a placement, which chooses clusters',
        load: () => import('../commands/create/placement.ts'),
      },
      {
        name: 'work',
        summary: 'Create a ManifestWork from manifests',
        load: () => import('../commands/create/work.ts'),
      },
    ],
  },
  {
    name: 'delete',
    summary: 'Delete objects of the hub',
    group: GENERAL,
    children: [
      {
        name: 'clusterset',
        summary: 'Delete a set of clusters; its clusters stay',
        load: () => import('../commands/delete/clusterset.ts'),
      },
      {
        name: 'token',
        summary: 'Make the tokens worthless with which clusters join',
        load: () => import('../commands/delete/token.ts'),
      },
      {
        name: 'work',
        summary: 'Delete a ManifestWork of clusters',
        load: () => import('../commands/delete/work.ts'),
      },
    ],
  },
  {
    name: 'doctor',
    summary: 'Find out what is wrong with a hub or a managed cluster, and what to do',
    group: GENERAL,
    load: () => import('../commands/doctor.ts'),
  },
  {
    name: 'get',
    summary: 'Show objects of the hub, or of a managed cluster',
    group: GENERAL,
    children: [
      {
        name: 'addon',
        summary: 'List the add-ons and how they fare on clusters',
        load: () => import('../commands/get/addon.ts'),
      },
      {
        name: 'cluster',
        summary: 'Show how far a cluster is on its way to the hub, and what it waits for',
        load: () => import('../commands/get/cluster.ts'),
      },
      {
        name: 'clusters',
        summary: 'List the managed clusters of the hub',
        load: () => import('../commands/get/clusters.ts'),
      },
      {
        name: 'clustersets',
        summary: 'List the sets of clusters',
        load: () => import('../commands/get/clustersets.ts'),
      },
      {
        name: 'hub-info',
        summary: 'Show what the hub consists of and how it fares',
        load: () => import('../commands/get/hub-info.ts'),
      },
      {
        name: 'klusterlet-info',
        summary: 'Show what the klusterlet consists of and how it fares',
        load: () => import('../commands/get/klusterlet-info.ts'),
      },
      {
        name: 'placements',
        summary: 'List the placements and what they chose',
        load: () => import('../commands/get/placements.ts'),
      },
      {
        name: 'token',
        summary: 'Print a token with which clusters join, and the join command',
        load: () => import('../commands/get/token.ts'),
      },
      {
        name: 'work',
        summary: 'Show how far a ManifestWork is on a cluster, and what it waits for',
        load: () => import('../commands/get/work.ts'),
      },
      {
        name: 'works',
        summary: 'List the ManifestWorks of clusters',
        load: () => import('../commands/get/works.ts'),
      },
    ],
  },
  {
    name: 'install',
    summary: 'Install add-ons on the hub',
    group: GENERAL,
    children: [
      {
        name: 'hub-addon',
        summary: 'Install the part of an add-on that runs on the hub',
        load: () => import('../commands/install/hub-addon.ts'),
      },
    ],
  },
  {
    name: 'uninstall',
    summary: 'Remove add-ons from the hub',
    group: GENERAL,
    children: [
      {
        name: 'hub-addon',
        summary: 'Remove the part of an add-on that runs on the hub',
        load: () => import('../commands/uninstall/hub-addon.ts'),
      },
    ],
  },
  {
    name: 'upgrade',
    summary: 'Bring a hub or a klusterlet to another version',
    group: GENERAL,
    children: [
      {
        name: 'clustermanager',
        summary: 'Upgrade the hub: its operator, then its components',
        load: () => import('../commands/upgrade/clustermanager.ts'),
      },
      {
        name: 'klusterlet',
        summary: 'Upgrade a klusterlet: its operator, then its agents',
        load: () => import('../commands/upgrade/klusterlet.ts'),
      },
    ],
  },
  {
    name: 'version',
    summary: 'Print the versions of the program and of its default bundle',
    group: GENERAL,
    load: () => import('../commands/version.ts'),
    offline: true,
  },
  {
    name: 'accept',
    summary: 'Accept clusters that ask to join the hub',
    group: REGISTRATION,
    load: () => import('../commands/accept.ts'),
  },
  {
    name: 'clean',
    summary: 'Remove the hub from this cluster',
    group: REGISTRATION,
    load: () => import('../commands/clean.ts'),
  },
  {
    name: 'init',
    summary: 'Make this cluster a hub, and print how clusters join it',
    group: REGISTRATION,
    load: () => import('../commands/init.ts'),
  },
  {
    name: 'join',
    summary: 'Join this cluster to a hub: install the klusterlet and its agents',
    group: REGISTRATION,
    load: () => import('../commands/join.ts'),
  },
  {
    name: 'unjoin',
    summary: 'Take this cluster out of its hub: remove the klusterlet and its agents',
    group: REGISTRATION,
    load: () => import('../commands/unjoin.ts'),
  },
  {
    name: 'addon',
    summary: 'Make add-ons, and install them on clusters',
    group: MANAGEMENT,
    children: [
      {
        name: 'create',
        summary: 'Create an add-on from the manifests of its agent',
        load: () => import('../commands/addon/create.ts'),
      },
      {
        name: 'disable',
        summary: 'Remove add-ons from clusters',
        load: () => import('../commands/addon/disable.ts'),
      },
      {
        name: 'enable',
        summary: 'Install add-ons on clusters',
        load: () => import('../commands/addon/enable.ts'),
      },
    ],
  },
  {
    name: 'clusterset',
    summary: 'Put clusters into sets, and sets to the use of namespaces',
    group: MANAGEMENT,
    children: [
      {
        name: 'bind',
        summary: 'Let the placements of a namespace choose from a set',
        load: () => import('../commands/clusterset/bind.ts'),
      },
      {
        name: 'set',
        summary: 'Put clusters and managed namespaces into a set',
        load: () => import('../commands/clusterset/set.ts'),
      },
      {
        name: 'unbind',
        summary: 'Take a set from the placements of a namespace',
        load: () => import('../commands/clusterset/unbind.ts'),
      },
    ],
  },
  {
    name: 'completion',
    summary: 'Teach a shell to complete commands and flags',
    group: OTHER,
    children: [
      completion('bash', 'bash'),
      completion('fish', 'fish'),
      completion('powershell', 'PowerShell'),
      completion('zsh', 'zsh'),
    ],
  },
  {
    name: 'config',
    summary: 'Show and change the kubeconfig: which clusters, by which credentials',
    group: OTHER,
    children: [
      {
        name: 'current-context',
        summary: 'Print the context in force',
        load: () => import('../commands/config/current-context.ts'),
      },
      configDeletion('delete-cluster', 'Take a cluster out', 'clusters'),
      configDeletion('delete-context', 'Take a context out', 'contexts'),
      configDeletion('delete-user', 'Take a user out', 'users'),
      configNames('get-clusters', 'List the clusters', 'clusters'),
      {
        name: 'get-contexts',
        summary: 'List the contexts, and what each of them names',
        load: () => import('../commands/config/get-contexts.ts'),
      },
      configNames('get-users', 'List the users', 'users'),
      {
        name: 'rename-context',
        summary: 'Give a context another name',
        load: () => import('../commands/config/rename-context.ts'),
      },
      {
        name: 'set',
        summary: 'Set one value, such as clusters.NAME.server',
        load: () => import('../commands/config/set.ts'),
      },
      {
        name: 'set-cluster',
        summary: 'Add or change a cluster',
        load: () => import('../commands/config/set-cluster.ts'),
      },
      {
        name: 'set-context',
        summary: 'Add or change a context',
        load: () => import('../commands/config/set-context.ts'),
      },
      {
        name: 'set-credentials',
        summary: 'Add or change a user',
        load: () => import('../commands/config/set-credentials.ts'),
      },
      {
        name: 'unset',
        summary: 'Take a value, an entry or a list away',
        load: () => import('../commands/config/unset.ts'),
      },
      {
        name: 'use-context',
        summary: 'Put a context in force',
        load: () => import('../commands/config/use-context.ts'),
      },
      {
        name: 'view',
        summary: 'Show the kubeconfig, without credentials',
        load: () => import('../commands/config/view.ts'),
      },
    ],
  },
  {
    name: 'plugin',
    summary: 'Show the plugins of this program',
    group: OTHER,
    children: [
      {
        name: 'list',
        summary: 'List the files on your PATH that add commands to this program',
        load: async () =>
          (await import('../commands/plugin/list.ts')).pluginListOf(COMMANDS.map(({ name }) => name)),
        offline: true,
      },
    ],
  },
];
