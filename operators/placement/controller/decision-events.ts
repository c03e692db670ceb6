import { type Placement, type PlacementDecision, placements } from '../../api/generated/cluster.ts';
import type { EventFields } from '../../runtime/controller/events.ts';
import { type Problem, byName } from '../scheduling/problem.ts';
import type { WrittenChanges } from './decision-writer.ts';

/** A text of scores takes no item beyond this many characters. */
const mostScores = 1000;

/** `cluster:score ` for each cluster by name, as many as fit (placement.md 11). */
export const scoresText = (totals: ReadonlyMap<string, number>): string => {
  let text = '';
  for (const cluster of [...totals.keys()].toSorted(byName)) {
    const item = `${cluster}:${totals.get(cluster)} `;
    if (text.length + item.length > mostScores) return `${text}......`;
    text += item;
  }
  return text;
};

/**
 * What there is to tell of the decisions that were written (placement.md 11).
 * @param scores of {@link scoresText}; empty where there are none
 */
export const decisionEvents = (
  placement: Placement,
  { created, updated, removed }: Pick<WrittenChanges, 'created' | 'updated' | 'removed'>,
  scores: string,
  problem: Problem | undefined,
): EventFields[] => {
  const { name, namespace } = placement.metadata;
  const regarding: Placement = {
    ...placement,
    apiVersion: `${placements.group}/${placements.version}`,
    kind: placements.kind,
  };
  const event = (
    related: PlacementDecision,
    action: string,
    reason: string,
    note: string,
    type: EventFields['type'] = 'Normal',
  ): EventFields => ({ regarding, related, type, action, reason, note });
  const said = ({ metadata }: PlacementDecision, verb: string): string =>
    `Decision ${metadata.name} is ${verb} with placement ${name} in namespace ${namespace}`;

  const warning = problem?.code === 'Warning' ? problem : undefined;
  return [
    ...created.map((each) => event(each, 'DecisionCreate', 'DecisionCreated', said(each, 'created'))),
    ...updated.flatMap((each) => [
      event(
        each,
        'DecisionUpdate',
        'DecisionUpdated',
        said(each, 'updated') + (warning ? `: ${warning.message} in plugin ${warning.plugin}` : ''),
        warning ? 'Warning' : 'Normal',
      ),
      ...(scores ? [event(each, 'ScoreUpdate', 'ScoreUpdated', scores)] : []),
    ]),
    ...removed.map((each) => event(each, 'DecisionDelete', 'DecisionDeleted', said(each, 'deleted'))),
  ];
};
