import type { ClusterManager } from '../../api/generated/operator.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { hashOf } from '../apply/index.ts';
import { hubNamespaceOf } from './mode.ts';

/** What the names of operands end with, of all releases. */
export const operandSuffixes = [
  'registration-controller',
  'registration-webhook',
  'work-webhook',
  'addon-manager-controller',
  'addon-webhook',
  'work-controller',
  'placement-controller',
  'grpc-server',
];

type Listed = { list(): readonly ClusterManager[] };

/** The ClusterManagers whose operands live in the namespace of an object (operator.md 4.1). */
export const byHubNamespace =
  (all: Listed) =>
  ({ metadata }: KubeObject): string[] =>
    all
      .list()
      .filter((clusterManager) => hubNamespaceOf(clusterManager) === metadata.namespace)
      .map((clusterManager) => clusterManager.metadata.name);

/** As {@link byHubNamespace}, for Deployments that are operands by their names (D14). */
export const byOperand =
  (all: Listed) =>
  (deployment: KubeObject): string[] =>
    operandSuffixes.some((suffix) => deployment.metadata.name.endsWith(suffix))
      ? byHubNamespace(all)(deployment)
      : [];

const aspects = ({ metadata }: ClusterManager): string =>
  hashOf([
    metadata.generation,
    metadata.labels,
    metadata.annotations,
    metadata.finalizers,
    metadata.deletionTimestamp,
  ]);

/** Leaves out changes of status, which are this operator's own. */
export const isOfInterest = (change: Change<ClusterManager>): boolean =>
  change.type !== 'updated' || aspects(change.object) !== aspects(change.previous);
