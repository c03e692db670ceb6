import { annotation } from '../../api/names.ts';
import { type PodTemplateSpec, serviceAccounts } from '../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import type { ObjectRef } from './kinds.ts';

const templateOf = (object: UnknownObject): PodTemplateSpec | undefined =>
  object.kind === 'Deployment'
    ? (object.spec as { template?: PodTemplateSpec } | undefined)?.template
    : undefined;

/** The ServiceAccount of a Deployment's Pods; undefined for other kinds, and for the namespace's default account. */
export const serviceAccountOf = (object: UnknownObject): ObjectRef | undefined => {
  const name = templateOf(object)?.spec?.serviceAccountName;
  return name ? { resource: serviceAccounts, name, namespace: object.metadata.namespace } : undefined;
};

/**
 * Writes the uid of the ServiceAccount on the Pods. Tokens are bound to it, and a kubelet keeps a Pod's token for the
 * life of the Pod: when a ServiceAccount was deleted and made anew, only new Pods get in. They come with the uid.
 */
export const withServiceAccountUid = (deployment: UnknownObject, uid: string): UnknownObject => {
  const template = templateOf(deployment);
  return {
    ...deployment,
    spec: {
      ...(deployment.spec as object),
      template: {
        ...template,
        metadata: {
          ...template?.metadata,
          annotations: { ...template?.metadata?.annotations, [annotation.serviceAccountUid]: uid },
        },
      },
    },
  };
};
