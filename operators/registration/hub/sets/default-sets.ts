import {
  type ManagedClusterSet,
  type ManagedClusterSetSpec,
  managedClusterSets,
} from '../../../api/generated/cluster.ts';
import { annotation, clusterSet } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type Controller, from } from '../../../runtime/controller/controller.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { once } from '../../common/watches.ts';

const fieldManager = 'registration-default-clusterset';

type Selector = NonNullable<ManagedClusterSetSpec['clusterSelector']>;

const selectors: Record<string, Selector> = {
  [clusterSet.default]: { selectorType: 'ExclusiveClusterSetLabel' },
  [clusterSet.global]: { selectorType: 'LabelSelector', labelSelector: {} },
};

const logNames: Record<string, string> = {
  [clusterSet.default]: 'DefaultManagedClusterSet',
  [clusterSet.global]: 'GlobalManagedClusterSet',
};

/** An absent label selector selects nothing, an empty one everything: they must not count as equal. */
const selectsAsWanted = (present: Selector | undefined, wanted: Selector): boolean =>
  (present?.labelSelector === undefined) === (wanted.labelSelector === undefined) &&
  semanticEqual(present, wanted);

/** What has to be done about one of these sets. */
export const decide = (
  name: string,
  present: ManagedClusterSet | undefined,
): 'create' | 'revert' | 'nothing' => {
  const wanted = selectors[name];
  if (!wanted) return 'nothing';
  if (!present) return 'create';
  if (present.metadata.deletionTimestamp !== undefined) return 'nothing';
  if (present.metadata.annotations?.[annotation.autoUpdate] === 'false') return 'nothing';
  return selectsAsWanted(present.spec?.clusterSelector, wanted) ? 'nothing' : 'revert';
};

/** Keeps the sets `default` and `global`, and what they select (gate DefaultClusterSet; registration.md 4.8). */
export const defaultSetsController = (hub: Client, sets: Informer<ManagedClusterSet>): Controller => ({
  name: 'default-managed-clustersets',
  watches: [
    ...Object.keys(selectors).map(once),
    from(sets, ({ object }) => object.metadata.name in selectors),
  ],
  concurrency: 2,
  async reconcile(name, { log, signal }) {
    const present = sets.get(name);
    switch (decide(name, present)) {
      case 'create':
        await hub.create(
          managedClusterSets,
          { metadata: { name }, spec: { clusterSelector: selectors[name]! } },
          { fieldManager, signal },
        );
        log.info(`${logNames[name]}Created`, { set: name });
        break;
      case 'revert': {
        const { uid, resourceVersion } = present!.metadata;
        const body = {
          metadata: { uid, resourceVersion },
          spec: { clusterSelector: replacing(selectors[name]!) },
        };
        await hub.patch(managedClusterSets, { name }, { type: 'merge', body }, { fieldManager, signal });
        log.info(`${logNames[name]}SpecRollbacked`, { set: name });
        break;
      }
      case 'nothing':
    }
  },
});

/** A merge patch keeps what it does not name: whatever the selector has beyond what is wanted must be named. */
const replacing = ({ selectorType, labelSelector }: Selector) => ({
  selectorType,
  labelSelector: labelSelector ? { matchLabels: null, matchExpressions: null } : null,
});
