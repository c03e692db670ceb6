import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { isAgentOf, virtualResource } from '../../api/identities.ts';
import { label } from '../../api/names.ts';
import type {
  AdmissionHandler,
  AdmissionRequest,
  AdmissionResponse,
} from '../../runtime/admission/admission.ts';
import type { Client } from '../../runtime/client/client.ts';
import { namespaces } from '../../runtime/client/kubernetes.ts';
import { dnsLabelProblem } from '../../runtime/client/legal-name.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import type { MayUse } from './access.ts';
import { badRequest, forbidden, joinForbidden } from './refusal.ts';

const clustersResource = 'managedclusters.cluster.open-cluster-management.io';
const accept = 'managedclusters/accept.cluster.open-cluster-management.io';

type Refusal = Exclude<AdmissionResponse, { allowed: true }> | undefined;

/** What is wrong with an object by itself, one line each. */
export const problemsOf = ({ metadata, spec }: ManagedCluster): string[] => {
  const problem = dnsLabelProblem(metadata.name);
  return [
    ...(spec?.managedClusterClientConfigs ?? [])
      .filter(({ url }) => URL.parse(url)?.protocol !== 'https:')
      .map(({ url }) => `url "${url}" is invalid in client configs`),
    ...(problem ? [`metadata.name format is not correct: ${problem}`] : []),
  ];
};

const setOf = (cluster: ManagedCluster | undefined): string =>
  cluster?.metadata.labels?.[label.clusterSet] ?? '';

const acceptanceRefusal = async (
  client: Client,
  mayUse: MayUse,
  request: AdmissionRequest,
  name: string,
  signal: AbortSignal,
): Promise<Refusal> => {
  try {
    const namespace = await client.find(namespaces, name, undefined, { signal });
    if (namespace?.metadata.deletionTimestamp !== undefined || namespace?.status?.phase === 'Terminating')
      return forbidden(accept, name, `cluster namespace "${name}" is terminating`);
    if (await mayUse(request, virtualResource.accept, name)) return undefined;
  } catch (error) {
    return forbidden(accept, name, (error as Error).message);
  }
  return forbidden(
    accept,
    name,
    `user "${request.userInfo.username}" cannot update the HubAcceptsClient field`,
  );
};

const joinRefusal = async (mayUse: MayUse, request: AdmissionRequest, set: string): Promise<Refusal> => {
  try {
    if (set === '' || (await mayUse(request, virtualResource.join, set))) return undefined;
  } catch (error) {
    return joinForbidden(set, (error as Error).message);
  }
  const user = request.userInfo.username;
  return joinForbidden(
    set,
    `user "${user}" cannot add/remove a ManagedCluster to/from ManagedClusterSet "${set}"`,
  );
};

/**
 * What decides where workloads run is for the hub to say: an agent, which may write its cluster for the sake of client
 * configurations, changes neither labels nor taints (docs/decisions/030-who-says-what-of-a-cluster.md).
 */
export const agentRefusal = (
  { userInfo }: Pick<AdmissionRequest, 'userInfo'>,
  before: ManagedCluster | undefined,
  { metadata, spec }: ManagedCluster,
): Refusal => {
  const { name } = metadata;
  if (!before || !isAgentOf(name, userInfo.groups)) return undefined;
  if (
    semanticEqual(before.metadata.labels, metadata.labels) &&
    semanticEqual(before.spec?.taints, spec?.taints)
  )
    return undefined;
  return forbidden(
    clustersResource,
    name,
    'an agent cannot change labels and taints of its cluster: have an administrator of the hub do it',
  );
};

/** Decides who may accept a cluster, move it between sets and say where workloads run, and refuses what makes no sense (registration.md 7.2). */
export const validateCluster =
  (client: Client, mayUse: MayUse): AdmissionHandler =>
  async (request, signal) => {
    if (request.operation !== 'CREATE' && request.operation !== 'UPDATE') return { allowed: true };
    const cluster = request.object as ManagedCluster | undefined;
    if (!cluster?.metadata) return badRequest('the request has no ManagedCluster');
    const before =
      request.operation === 'UPDATE' ? (request.oldObject as ManagedCluster | undefined) : undefined;
    const leaving = cluster.metadata.deletionTimestamp !== undefined;

    const problems = problemsOf(cluster);
    // a cluster of an older release that fails a check of today can still be let go
    if (problems.length > 0 && !leaving) return badRequest(problems.join('\n'));
    const overreach = agentRefusal(request, before, cluster);
    if (overreach) return overreach;
    if (cluster.spec?.hubAcceptsClient && !before?.spec?.hubAcceptsClient) {
      const refusal = await acceptanceRefusal(client, mayUse, request, cluster.metadata.name, signal);
      if (refusal) return refusal;
    }
    const [from, to] = [setOf(before), setOf(cluster)];
    if (from !== to)
      for (const set of [from, to]) {
        const refusal = await joinRefusal(mayUse, request, set);
        if (refusal) return refusal;
      }
    return { allowed: true };
  };
