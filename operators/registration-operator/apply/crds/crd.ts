import coerce from 'semver/functions/coerce.js';
import compare from 'semver/functions/compare.js';
import { annotation } from '../../../api/names.ts';
import { type CustomResourceDefinition, customResourceDefinitions } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { Applied, Applier, Cluster } from '../applier.ts';
import { refOf } from '../kinds.ts';

/** The dotted numeric part of a version, `1.3.1` of `v1.3.1-0-g805fa61`; `0.0.0` when there is none (operator.md 4.2). */
export const numericVersion = (version: string): string => coerce(version)?.version ?? '0.0.0';

/** Whether an operator of this version may write a CRD: not one that an operator of a higher version wrote. */
export const mayWriteCrd = (live: CustomResourceDefinition | undefined, version: string): boolean => {
  const writer = live?.metadata.annotations?.[annotation.operatorVersion];
  if (!writer || coerce(writer) === null) return true;
  return compare(numericVersion(writer), numericVersion(version)) <= 0;
};

/**
 * Applies a CRD unless a newer operator owns it (operator.md 4.2, 5.2). Labels and annotations of others stay (D29).
 * @param version of the operator, such as `v0.1.0`
 * @returns undefined when the CRD was left to the newer operator
 */
export const applyCrd = async (
  applier: Applier,
  cluster: Cluster,
  owner: string,
  crd: UnknownObject,
  version: string,
): Promise<Applied | undefined> => {
  const stamped = {
    ...crd,
    metadata: {
      ...crd.metadata,
      annotations: { ...crd.metadata.annotations, [annotation.operatorVersion]: numericVersion(version) },
    },
  };
  if (!applier.isSettled(cluster, owner, stamped)) {
    const live = await cluster.client.find(customResourceDefinitions, crd.metadata.name);
    if (!mayWriteCrd(live, version)) {
      applier.forget(cluster, refOf(crd));
      return undefined;
    }
  }
  return applier.apply(cluster, owner, stamped);
};

/** Takes the version annotation off a CRD that stays, so that any operator may take it over (operator.md 4.10, 5.2). */
export const releaseCrd = async (cluster: Cluster, name: string, version: string): Promise<void> => {
  const live = await cluster.client.find(customResourceDefinitions, name);
  if (live?.metadata.annotations?.[annotation.operatorVersion] !== numericVersion(version)) return;
  await cluster.client.patch(
    customResourceDefinitions,
    { name },
    {
      type: 'merge',
      body: {
        metadata: {
          uid: live.metadata.uid,
          resourceVersion: live.metadata.resourceVersion,
          annotations: { [annotation.operatorVersion]: null },
        },
      },
    },
  );
};
