/** The shapes that every Kubernetes object shares. Times are RFC 3339 strings, as they travel. */

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** A set of fields as the API server records it: `f:name`, `k:{"key":"value"}`, `v:value`; `.` is the field itself. */
export interface FieldSet {
  [key: string]: FieldSet;
}

/** What one manager has written of an object. */
export interface ManagedFieldsEntry {
  manager?: string;
  operation?: 'Apply' | 'Update';
  apiVersion?: string;
  /** By the API server's clock. */
  time?: string;
  fieldsType?: string;
  fieldsV1?: FieldSet;
  subresource?: string;
}

export interface ObjectMeta {
  name: string;
  namespace?: string;
  generateName?: string;
  uid?: string;
  resourceVersion?: string;
  generation?: number;
  creationTimestamp?: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  finalizers?: string[];
  ownerReferences?: OwnerReference[];
  /** Who wrote which fields. */
  managedFields?: ManagedFieldsEntry[];
}

export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata: ObjectMeta;
}

/** An object of any kind, its fields known only at run time: a rendered manifest, a discovered resource. */
export interface UnknownObject extends KubeObject {
  [field: string]: unknown;
}

/** metav1.Condition. */
export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

/** What names one object within its resource. */
export interface ObjectName {
  name: string;
  namespace?: string;
}

/** `namespace/name`, or `name` for a cluster-scoped object: the key of work queues and stores. */
export const keyOf = (object: { metadata: ObjectName } | ObjectName): string => {
  const { name, namespace } = 'metadata' in object ? object.metadata : object;
  return namespace ? `${namespace}/${name}` : name;
};

/** The inverse of {@link keyOf}. */
export const fromKey = (key: string): ObjectName => {
  const slash = key.indexOf('/');
  return slash < 0 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};
