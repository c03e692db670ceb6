import type { ClusterManager } from '../../../api/generated/operator.ts';
import { dnsLabelProblem } from '../../../runtime/client/legal-name.ts';
import { operandSuffixes } from '../affected-cluster-managers.ts';

const longest = 63 - Math.max(...operandSuffixes.map((suffix) => `-${suffix}`.length));

/**
 * What is wrong with the name of a ClusterManager, in words that say what to do: with the suffix of an operand it is the
 * name of a container and the value of a label, and in Hosted mode it is that of a namespace (operator.md 2.6).
 */
export const nameProblem = ({ metadata: { name } }: ClusterManager): string | undefined => {
  const problem =
    name.length > longest ? `must be no more than ${longest} characters` : dnsLabelProblem(name);
  return (
    problem &&
    `The name of the ClusterManager is the beginning of its operands' names: ${problem}; create one of another name instead`
  );
};
