import type { Change, Informer, Informers } from '../../../runtime/cache/informer.ts';
import type { Deployment } from '../../../runtime/client/kubernetes.ts';
import type { KubeObject, ObjectMeta } from '../../../runtime/client/object.ts';
import { qualifiedName, type Resource } from '../../../runtime/client/resource.ts';
import type { ObjectRef } from '../kinds.ts';
import { judge, type Memory } from './memory.ts';

export interface Judgement {
  memoryOf(ref: ObjectRef): Memory | undefined;
  drifted(ref: ObjectRef, memory: Memory): void;
}

const bare = ({ name, namespace, uid, resourceVersion }: ObjectMeta): ObjectMeta => ({
  name,
  namespace,
  uid,
  resourceVersion,
});

/** Of CRDs of others only the name is kept: a cluster may have hundreds. */
const trimForeign =
  (isOurs: (object: KubeObject) => boolean) =>
  (object: KubeObject): KubeObject =>
    isOurs(object) ? object : { metadata: bare(object.metadata) };

/** Drops the Pod template, which is most of a Deployment and which nobody reads from a cache. */
const trimDeployment = (deployment: Deployment): Deployment => ({
  ...deployment,
  spec: deployment.spec && { ...deployment.spec, template: {} },
});

/** Watches the objects of one cluster that an operator applied, and judges every change of them. */
export class Watcher {
  private readonly informers: Informers;
  private readonly ownerLabel: string;
  private readonly judgement: Judgement;
  private readonly watched = new Map<string, Informer<KubeObject>>();
  /** Objects that are being applied, with the last state seen meanwhile. */
  private readonly underWay = new Map<string, Change<KubeObject> | undefined>();

  constructor(informers: Informers, ownerLabel: string, judgement: Judgement) {
    this.informers = informers;
    this.ownerLabel = ownerLabel;
    this.judgement = judgement;
  }

  /** The informer of all objects of a kind that carry the owner label. */
  labelled(resource: Resource): Informer<KubeObject> {
    const metadataOnly = resource.kind !== 'Deployment';
    return this.informer(resource, '', () =>
      this.informers.informer(resource, {
        labelSelector: this.ownerLabel,
        ...(metadataOnly ? { metadataOnly } : { trim: trimDeployment as (object: KubeObject) => KubeObject }),
      }),
    );
  }

  /** Makes sure that an object is watched; resolves when its watch is in step, or when the signal aborts. */
  async cover(ref: ObjectRef, wanted: KubeObject, signal: AbortSignal): Promise<void> {
    const informer = this.informerFor(ref, wanted);
    if (informer.synced) return;
    try {
      await informer.waitForSync(signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Runs an apply of an object; what the watch says meanwhile is judged against its outcome. */
  async during<T>(ref: ObjectRef, apply: () => Promise<T>): Promise<T> {
    const key = changeKey(ref);
    this.underWay.set(key, undefined);
    try {
      return await apply();
    } finally {
      const change = this.underWay.get(key);
      this.underWay.delete(key);
      if (change) this.judge(ref, change);
    }
  }

  private informerFor(ref: ObjectRef, wanted: KubeObject): Informer<KubeObject> {
    const { resource } = ref;
    if (resource.kind === 'CustomResourceDefinition')
      return this.informer(resource, 'all', () =>
        this.informers.informer(resource, {
          metadataOnly: true,
          trim: trimForeign((object) => this.judgement.memoryOf(this.refTo(resource, object)) !== undefined),
        }),
      );
    if (wanted.metadata.labels?.[this.ownerLabel] !== undefined) return this.labelled(resource);
    return this.informer(resource, `${ref.namespace ?? ''}/${ref.name}`, () =>
      this.informers.informer(resource, {
        namespace: ref.namespace,
        fieldSelector: `metadata.name=${ref.name}`,
        metadataOnly: true,
      }),
    );
  }

  private informer(
    resource: Resource,
    scope: string,
    create: () => Informer<KubeObject>,
  ): Informer<KubeObject> {
    const key = `${qualifiedName(resource)} ${scope}`;
    let informer = this.watched.get(key);
    if (!informer) {
      informer = create();
      this.watched.set(key, informer);
      informer.onChange((change) => this.heard(this.refTo(resource, change.object), change));
    }
    return informer;
  }

  private refTo(resource: Resource, { metadata }: KubeObject): ObjectRef {
    return { resource, name: metadata.name, namespace: metadata.namespace };
  }

  private heard(ref: ObjectRef, change: Change<KubeObject>): void {
    const key = changeKey(ref);
    if (this.underWay.has(key)) this.underWay.set(key, change);
    else this.judge(ref, change);
  }

  private judge(ref: ObjectRef, change: Change<KubeObject>): void {
    const memory = this.judgement.memoryOf(ref);
    if (!memory) return;
    const live = change.object.metadata;
    if (change.type === 'deleted') {
      if (live.uid !== memory.uid) return;
    } else {
      const verdict = judge(memory, live);
      if (verdict === 'stale') return;
      if (verdict !== 'drift') {
        memory.resourceVersion = live.resourceVersion ?? memory.resourceVersion;
        memory.drifted = false;
        return;
      }
    }
    memory.drifted = true;
    this.judgement.drifted(ref, memory);
  }
}

const changeKey = ({ resource, name, namespace }: ObjectRef): string =>
  `${qualifiedName(resource)}/${namespace ?? ''}/${name}`;
