import { klusterletCondition } from '../../../api/conditions.ts';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { isTrue, type NextCondition, setConditions } from '../../../runtime/controller/conditions.ts';
import { type Applied, generationsOf, relatedResource } from '../../apply/index.ts';
import { ApplyError } from '../../apply-error.ts';

type Status = NonNullable<Klusterlet['status']>;
const { applied: condition } = klusterletCondition;
type FailureReason = Exclude<keyof typeof condition.reason, 'KlusterletApplied'>;

/** Installing stopped; reason and message are those of the condition Applied. */
export class InstallError extends ApplyError<FailureReason> {
  override readonly name = 'InstallError';
}

/** Whether an earlier sync, and not this one, has installed the present spec (operator.md 5.7). */
export const isInstalled = ({ metadata, status }: Klusterlet): boolean =>
  status?.observedGeneration === metadata.generation &&
  isTrue(status?.conditions, klusterletCondition.applied.type);

/**
 * The status after an install, `applied` being the objects to list in it. The lists are replaced after success only:
 * what no longer belongs to the Klusterlet leaves them (D23), while after a failure they still name everything that
 * may exist (operator.md 3.3). Applied carries the generation that it speaks of, whether it worked or not (D22).
 */
export const statusAfter = (
  klusterlet: Klusterlet,
  outcome: Applied[] | InstallError,
  otherConditions: NextCondition[],
  now = new Date(),
): Status => {
  const { generation } = klusterlet.metadata;
  const failure = outcome instanceof InstallError ? outcome : undefined;
  const next: NextCondition = {
    type: condition.type,
    status: failure ? 'False' : 'True',
    reason: failure?.reason ?? condition.reason.KlusterletApplied,
    message: failure?.message ?? 'Klusterlet component applied',
    observedGeneration: generation,
  };
  const lists =
    outcome instanceof InstallError
      ? {}
      : {
          relatedResources: outcome.map(({ ref }) => relatedResource(ref)),
          generations: generationsOf(outcome),
        };
  return {
    ...klusterlet.status,
    observedGeneration: generation,
    conditions: setConditions(klusterlet.status?.conditions, [...otherConditions, next], now),
    ...lists,
  };
};
