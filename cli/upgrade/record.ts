import { isDeepStrictEqual } from 'node:util';
import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import { downgradeAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import { isMap, type JsonMap } from '../../operators/runtime/client/json.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { inversePatch } from './merge-patch.ts';

/** On a ClusterManager or a Klusterlet: what it was before it was upgraded, as JSON (docs/decisions/045). */
export const RECORD = 'clusteradm.open-cluster-management.io/before-upgrade';

type Template = NonNullable<Deployment['spec']>['template'];

/** What an upgrade changed, as it was before. */
export interface UpgradeRecord {
  /** The image of the operator that it was upgraded to, by which an upgrade that goes on is known from another one. */
  target: string;
  /** A merge patch that brings the spec of the custom resource back. */
  spec: JsonMap;
  /** The Pods of the operator; not there when the operator was not upgraded. */
  operator?: Template;
  /** The annotation by which the custom resource may go back. */
  allowDowngrade?: string;
}

/**
 * What the record of an upgrade has to say before it begins. An upgrade that goes on, or changes a value more, keeps what
 * was before its beginning. Undefined when the record that there is says it all.
 */
export const nextRecord = (
  present: ClusterManager | Klusterlet,
  operator: Deployment | undefined,
  patch: JsonMap,
  target: string,
): UpgradeRecord | undefined => {
  const before = plain(present.spec ?? {});
  const spec = inversePatch(before, patch);
  const earlier = readRecord(present);
  const allowDowngrade = present.metadata.annotations?.[downgradeAnnotation];
  const template = operator?.spec?.template;
  if (earlier?.target === target) {
    const both = layOver(spec, earlier.spec);
    return isDeepStrictEqual(both, earlier.spec) ? undefined : { ...earlier, spec: both };
  }
  const moves = template !== undefined && template.spec?.containers[0]?.image !== target;
  if (Object.keys(spec).length === 0 && !moves) return undefined;
  return {
    target,
    spec,
    ...(template && { operator: template }),
    ...(allowDowngrade !== undefined && { allowDowngrade }),
  };
};

/** The first record of a field is what was before all of the upgrade. */
const layOver = (later: JsonMap, earlier: JsonMap): JsonMap => {
  const both = { ...later };
  for (const [key, value] of Object.entries(earlier)) {
    const beside = both[key];
    both[key] = isMap(value) && isMap(beside) ? layOver(beside, value) : value;
  }
  return both;
};

/** Without the fields that are undefined. */
export const plain = (value: object): JsonMap => JSON.parse(JSON.stringify(value)) as JsonMap;

/** What the last upgrade recorded; undefined without one, and when somebody wrote there what is no record. */
export const readRecord = ({ metadata }: Pick<Klusterlet, 'metadata'>): UpgradeRecord | undefined => {
  const text = metadata.annotations?.[RECORD];
  if (!text) return undefined;
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isMap(record) || typeof record.target !== 'string' || !isMap(record.spec)) return undefined;
  if (record.operator !== undefined && !isMap(record.operator)) return undefined;
  return record as unknown as UpgradeRecord;
};
