import { dnsLabelProblem, dnsSubdomainProblem } from '../../operators/runtime/client/legal-name.ts';

/** Names that users give, checked before anything is asked or changed. */

const demand = (what: string, name: string, problem: string | undefined): void => {
  if (problem) throw new Error(`${what} cannot be named ${JSON.stringify(name)}: ${problem}`);
};

/** @throws Error when nothing of this name can be a namespace, as that of a cluster on the hub must be */
export const requireLabel = (what: string, name: string): void => demand(what, name, dnsLabelProblem(name));

/** @throws Error when no object can have this name */
export const requireObjectName = (what: string, name: string): void =>
  demand(what, name, dnsSubdomainProblem(name));
