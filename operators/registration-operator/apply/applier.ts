import type { Informer, Informers } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isConflict } from '../../runtime/client/errors.ts';
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  type Deployment,
  deployments as deploymentResource,
} from '../../runtime/client/kubernetes.ts';
import { type KubeObject, keyOf, type UnknownObject } from '../../runtime/client/object.ts';
import { qualifiedName } from '../../runtime/client/resource.ts';
import type { Watch } from '../../runtime/controller/controller.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { hasten, stuckRetryMs } from './crds/stuck-crd.ts';
import { differences } from './drift/differences.ts';
import { afterRepair, type Fight, isFought, peace } from './drift/fight.ts';
import { type Memory, remember } from './drift/memory.ts';
import { hasForeignFields, lastManager } from './drift/ownership.ts';
import { Watcher } from './drift/watcher.ts';
import { hashOf } from './hash.ts';
import { describe, type ObjectRef, refOf } from './kinds.ts';
import { send, withSpecHash } from './send.ts';
import { serviceAccountOf, withServiceAccountUid } from './service-account.ts';

/** One cluster that objects are applied to. Compared by identity: keep one for as long as its client is the same. */
export interface Cluster {
  readonly client: Client;
  readonly informers: Informers;
}

export interface ApplierOptions {
  /** The server-side apply field manager of the operator. */
  fieldManager: string;
  /** The created-by label key by which applied objects are watched; its value is the owner's name. */
  ownerLabel: string;
  log: Logger;
  /** Aborts waiting when the process stops. */
  signal: AbortSignal;
  /** Told of each repair, for metrics and events. */
  onRepair?: (repair: Repair) => void;
}

/** Something that somebody else did to an applied object, and that was undone. */
export interface Repair {
  owner: string;
  ref: ObjectRef;
  /** Paths that differed, the first few; empty when the object was deleted, or when only additions were undone. */
  fields: string[];
  wasDeleted: boolean;
  /** The field manager that wrote last. */
  by?: string;
  /** It happens again and again, and is undone ever more slowly. */
  isFought: boolean;
}

/** What became of one object. */
export interface Applied {
  ref: ObjectRef;
  /** False when the live object was known to be as wanted, so that nothing was sent. */
  written: boolean;
  /** The live generation, for kinds that count it. */
  generation?: number;
}

/** How long to wait for a new watch before applying without it (it may be forbidden); milliseconds. */
const watchPatienceMs = 5000;

/**
 * Applies objects and keeps watch over them. What was applied is remembered with the version that the server gave it,
 * so that applying the same again costs nothing until a watch reports that somebody changed or deleted it; then the
 * owner's key goes to {@link drift}. The first apply of each object in a process always goes to the server, which
 * alone knows whether anything differs, and which changes nothing when nothing does.
 */
export class Applier {
  private readonly options: ApplierOptions;
  private readonly memories = new WeakMap<Cluster, Map<string, Memory>>();
  private readonly watchers = new WeakMap<Cluster, Watcher>();
  private readonly listeners = new Set<(owner: string, afterMs: number) => void>();

  constructor(options: ApplierOptions) {
    this.options = options;
  }

  /** Keys of the owners whose objects somebody else changed or deleted. */
  readonly drift: Watch = {
    name: 'drift',
    start: (enqueue) => {
      const listener = (owner: string, afterMs: number) => enqueue(owner, afterMs);
      this.listeners.add(listener);
      return () => this.listeners.delete(listener);
    },
    waitForSync: async () => {},
  };

  /** The owners' Deployments on a cluster, whole but for what nobody reads; the same watch that repairs them. */
  deployments(cluster: Cluster): Informer<Deployment> {
    return this.watcher(cluster).labelled(deploymentResource) as Informer<Deployment>;
  }

  /**
   * Makes the live object as wanted: fields of ours that are no longer wanted are removed, fields of others stay.
   * A change that the server cannot make in place (the role of a binding, the selector of a Deployment) is made by
   * deleting and creating; the Pods of such a Deployment are replaced.
   * @throws ApiError or ConnectionError
   */
  async apply(cluster: Cluster, owner: string, object: UnknownObject): Promise<Applied> {
    const wanted = this.complete(cluster, object);
    const ref = refOf(wanted);
    const hash = hashOf(wanted);
    const memories = this.memoriesOf(cluster);
    const key = memoryKey(ref);
    const before = memories.get(key);
    if (isAsApplied(before, owner, hash)) return { ref, written: false, generation: before?.generation };

    const fight = before?.fight ?? peace;
    // Somebody undoes every repair: this one comes when its time has come.
    if (before?.drifted && before.hash === hash && Date.now() < fight.until) {
      this.tell(owner, fight.until - Date.now());
      return { ref, written: false, generation: before.generation };
    }

    const watcher = this.watcher(cluster);
    await watcher.cover(
      ref,
      wanted,
      AbortSignal.any([this.options.signal, AbortSignal.timeout(watchPatienceMs)]),
    );
    const live = await watcher.during(ref, async () => {
      const isRepair = before !== undefined && before.drifted && before.hash === hash;
      const answer = isRepair
        ? await this.repair(cluster, owner, ref, wanted, fight)
        : { live: await this.send(cluster, ref, wanted), fight };
      memories.set(key, remember(owner, hash, wanted, answer.live, answer.fight));
      return answer.live;
    });
    if (isGoingCrd(ref, live)) {
      await hasten(cluster.client, live);
      const memory = memories.get(key);
      if (memory) memory.drifted = true;
      this.tell(owner, stuckRetryMs);
    }
    return {
      ref,
      written: live.metadata.resourceVersion !== before?.resourceVersion,
      generation: live.metadata.generation,
    };
  }

  /** Whether an apply of this object would send nothing. */
  isSettled(cluster: Cluster, owner: string, object: UnknownObject): boolean {
    const wanted = this.complete(cluster, object);
    return isAsApplied(this.memoriesOf(cluster).get(memoryKey(refOf(wanted))), owner, hashOf(wanted));
  }

  /** Whether nobody has touched what was last applied for this owner. */
  isUntouched(cluster: Cluster, owner: string, ref: ObjectRef): boolean {
    const memory = this.memoriesOf(cluster).get(memoryKey(ref));
    return memory !== undefined && memory.owner === owner && !memory.drifted;
  }

  /** Deletes the live object if it is there; resolves to whether it was. The successor of another uid is left alone. */
  async remove(cluster: Cluster, ref: ObjectRef): Promise<boolean> {
    this.memoriesOf(cluster).delete(memoryKey(ref));
    const { client } = cluster;
    const live = await client.find(ref.resource, ref.name, ref.namespace);
    if (!live) return false;
    if (live.metadata.deletionTimestamp) {
      if (isGoingCrd(ref, live)) await hasten(client, live);
      return true;
    }
    try {
      const { uid } = live.metadata;
      const answer = await client.delete(ref.resource, ref, { uid, propagationPolicy: 'Background' });
      return answer !== false;
    } catch (error) {
      // Somebody deleted it and created another in between, which is not the one to delete.
      if (isConflict(error)) return true;
      throw error;
    }
  }

  /**
   * Whether an object of ours is there, by the watch of its kind; true also while the watch does not know yet.
   * For objects that carry the owner's label.
   */
  mayExist(cluster: Cluster, { resource, name, namespace }: ObjectRef): boolean {
    const informer = this.watcher(cluster).labelled(resource);
    return !informer.synced || informer.get(name, namespace) !== undefined;
  }

  /** Forgets an object, so that the next apply asks the server. */
  forget(cluster: Cluster, ref: ObjectRef): void {
    this.memoriesOf(cluster).delete(memoryKey(ref));
  }

  /** The object with what only the live cluster knows, and with the hash of it all. */
  private complete(cluster: Cluster, object: UnknownObject): UnknownObject {
    const account = serviceAccountOf(object);
    const uid = account && this.memoriesOf(cluster).get(memoryKey(account))?.uid;
    return withSpecHash(uid ? withServiceAccountUid(object, uid) : object);
  }

  /** Looks what has become of an object before it is applied again: nothing is sent when all is as wanted. */
  private async repair(
    cluster: Cluster,
    owner: string,
    ref: ObjectRef,
    wanted: UnknownObject,
    fight: Fight,
  ): Promise<{ live: KubeObject; fight: Fight }> {
    const { fieldManager, log, onRepair } = this.options;
    const found = await cluster.client.find(ref.resource, ref.name, ref.namespace);
    const fields = found ? differences(wanted, found) : [];
    if (found && fields.length === 0 && !hasForeignFields(found, fieldManager)) return { live: found, fight };
    const live = await this.send(cluster, ref, wanted);
    if (live.metadata.resourceVersion === found?.metadata.resourceVersion) return { live, fight };
    const next = afterRepair(fight, Date.now());
    const repair = {
      owner,
      ref,
      fields: fields.slice(0, 5),
      wasDeleted: found === undefined,
      by: found && lastManager(found, fieldManager),
      isFought: isFought(next),
    };
    const message = repair.isFought ? 'somebody undoes every repair of an object' : 'repaired an object';
    log.info(message, {
      object: describe(ref),
      fields: repair.fields,
      deleted: repair.wasDeleted,
      by: repair.by,
    });
    onRepair?.(repair);
    return { live, fight: next };
  }

  private send(cluster: Cluster, ref: ObjectRef, wanted: UnknownObject): Promise<KubeObject> {
    return send(cluster.client, this.options.fieldManager, ref, wanted, this.options.log);
  }

  /** Has an owner looked at after this many milliseconds. */
  private tell(owner: string, afterMs: number): void {
    for (const listener of this.listeners) listener(owner, Math.max(afterMs, 0));
  }

  private memoriesOf(cluster: Cluster): Map<string, Memory> {
    let memories = this.memories.get(cluster);
    if (!memories) this.memories.set(cluster, (memories = new Map()));
    return memories;
  }

  private watcher(cluster: Cluster): Watcher {
    let watcher = this.watchers.get(cluster);
    if (!watcher) {
      const memories = this.memoriesOf(cluster);
      watcher = new Watcher(cluster.informers, this.options.ownerLabel, {
        memoryOf: (ref) => memories.get(memoryKey(ref)),
        drifted: (ref, memory) => {
          this.options.log.debug(2, 'an object changed', { object: describe(ref), owner: memory.owner });
          this.tell(memory.owner, memory.fight.until - Date.now());
        },
      });
      this.watchers.set(cluster, watcher);
    }
    return watcher;
  }
}

const isGoingCrd = ({ resource }: ObjectRef, live: KubeObject): live is CustomResourceDefinition =>
  resource === customResourceDefinitions && live.metadata.deletionTimestamp !== undefined;

const memoryKey = (ref: ObjectRef): string => `${qualifiedName(ref.resource)}/${keyOf(ref)}`;

const isAsApplied = (memory: Memory | undefined, owner: string, hash: string): boolean =>
  memory !== undefined && memory.hash === hash && memory.owner === owner && !memory.drifted;
