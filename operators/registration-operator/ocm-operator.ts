import OperatorModule from '@dot-i/k8s-operator';
import type { ResourceEvent, ResourceMeta } from '@dot-i/k8s-operator';
import { load } from 'js-yaml';
import { readFile } from 'node:fs/promises';
import type { Informer, Informers } from '../runtime/cache/informer.ts';
import { createInformers } from '../runtime/cache/informers.ts';
import type { Client } from '../runtime/client/client.ts';
import { isNotFound } from '../runtime/client/errors.ts';
import { type CustomResourceDefinition, customResourceDefinitions } from '../runtime/client/kubernetes.ts';
import { fromKey, type KubeObject, type UnknownObject } from '../runtime/client/object.ts';
import { pathOf, type Resource } from '../runtime/client/resource.ts';
import { type Controller, from } from '../runtime/controller/controller.ts';
import { runControllers } from '../runtime/controller/run.ts';
import type { Process } from '../runtime/process/command.ts';

type OperatorClass = (typeof OperatorModule)['default'];
type EventType = `${ResourceEvent['type']}`;

/** The package is CommonJS with its class under `default`; bundlers and Node nest that differently. */
const classOf = (module: unknown): OperatorClass => {
  const { default: inner } = module as { default?: unknown };
  return (typeof module === 'function' ? module : classOf(inner)) as OperatorClass;
};
const Operator = classOf(OperatorModule);

/**
 * Operator without its constructor, which would read a kubeconfig and load the whole generated API of client-node for
 * a client that nobody uses. What it would set up (its own client, queue and watches) is overridden below.
 */
const Foundation = function Foundation() {} as unknown as OperatorClass;
(Foundation as unknown as { prototype: object }).prototype = Object.create(Operator.prototype as object);

/** The most that a failing reconcile is put off: who mends its cause sees the effect soon. Milliseconds. */
const maxBackoffMs = 30_000;

/**
 * What both operators build on: the surface of @dot-i/k8s-operator (`init`, `watchResource`, finalizers, status) on
 * this project's client, caches and queues. None of the package's own network code runs, which would exit the process
 * when a watch breaks, swallow errors and lose updates (docs/decisions).
 */
export abstract class OcmOperator extends Foundation {
  protected readonly process: Process;
  protected readonly client: Client;
  protected readonly informers: Informers;
  /** Aborts when the process stops, leadership is lost, or {@link stop} is called. */
  protected readonly signal: AbortSignal;
  private readonly controllers: Controller[] = [];
  private readonly stopping = new AbortController();
  private readonly resources = new Map<string, Resource<UnknownObject>>();

  constructor(process: Process) {
    super();
    this.process = process;
    this.client = process.client;
    this.signal = AbortSignal.any([process.signal, this.stopping.signal]);
    const { log } = process;
    this.logger = {
      debug: (message) => log.debug(4, message),
      info: (message) => log.info(message),
      warn: (message) => log.warn(message),
      error: (message) => log.error(message),
    };
    this.informers = createInformers(this.client, { logger: log, metrics: process.metrics });
  }

  /** Adds controllers to run; for {@link init}. */
  protected control(...controllers: Controller[]): void {
    this.controllers.push(...controllers);
  }

  /** Initialises, then runs the controllers until the process stops; resolves when they have drained. */
  override async start(): Promise<void> {
    await super.start();
    const { signal } = this;
    this.informers.start(signal);
    const { log: logger, metrics } = this.process;
    await runControllers(this.controllers, { logger, metrics, maxBackoffMs }, signal);
  }

  override stop(): void {
    this.stopping.abort();
  }

  /** Applies a CRD from a file; a CRD that is there already is brought to what the file says. */
  protected override async registerCustomResourceDefinition(crdFile: string) {
    const definition = load(await readFile(crdFile, 'utf8')) as CustomResourceDefinition;
    if (!definition.apiVersion?.startsWith('apiextensions.k8s.io/') || !definition.spec)
      throw new Error(`${crdFile} holds no CustomResourceDefinition`);
    await this.client.apply(customResourceDefinitions, definition, { fieldManager: 'registration-operator' });
    const { group, versions, names } = definition.spec;
    return { group, versions: versions as never[], plural: names.plural };
  }

  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const resource = { group, version, plural, kind: '', namespaced: namespace !== undefined };
    return `${this.client.server}${pathOf(resource, namespace)}`;
  }

  /**
   * Calls `onEvent` for what is there and for each change, one at a time per object; a rejection is logged and the
   * object's present state is handed over again with back-off.
   */
  protected override async watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: (event: ResourceEvent) => Promise<void>,
    namespace?: string,
  ): Promise<void> {
    const resource = await this.discover(group, version, plural);
    const informer = this.informers.informer(resource, { namespace });
    this.control(eventController(informer, metaId(resource), onEvent));
  }

  protected override setResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    const { name, namespace, resourceVersion } = meta;
    const object = { metadata: { name, namespace, resourceVersion }, status };
    return this.written(meta, (resource) => this.client.replace(resource, object, { subresource: 'status' }));
  }

  protected override patchResourceStatus(meta: ResourceMeta, status: unknown): Promise<ResourceMeta | null> {
    const body = { metadata: { resourceVersion: meta.resourceVersion }, status };
    return this.written(meta, (resource) =>
      this.client.patch(resource, meta, { type: 'merge', body }, { subresource: 'status' }),
    );
  }

  /** As the package does it, but with the resource version that was seen, so that no finalizer of others is lost. */
  protected override async handleResourceFinalizer(
    event: ResourceEvent,
    finalizer: string,
    deleteAction: (event: ResourceEvent) => Promise<void>,
  ): Promise<boolean> {
    const metadata = event.object.metadata;
    if (!metadata || (event.type as EventType) === 'DELETED') return false;
    const finalizers = metadata.finalizers ?? [];
    if (!metadata.deletionTimestamp) {
      if (finalizers.includes(finalizer)) return false;
      await this.setResourceFinalizers(event.meta, [...finalizers, finalizer]);
      return true;
    }
    if (finalizers.includes(finalizer)) {
      await deleteAction(event);
      await this.setResourceFinalizers(
        event.meta,
        finalizers.filter((present) => present !== finalizer),
      );
    }
    return true;
  }

  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    const body = { metadata: { resourceVersion: meta.resourceVersion, finalizers } };
    await this.written(meta, (resource) => this.client.patch(resource, meta, { type: 'merge', body }));
  }

  protected override applyAxiosKubeConfigAuth(): Promise<void> {
    return Promise.reject(new Error('requests are made through the client, never with axios'));
  }

  protected override applyGaxiosKubeConfigAuth(): Promise<void> {
    return Promise.reject(new Error('requests are made through the client, never with gaxios'));
  }

  /** The new meta of an object after a write; null when the object is gone. Other errors reject. */
  private async written(
    meta: ResourceMeta,
    write: (resource: Resource<UnknownObject>) => Promise<KubeObject>,
  ): Promise<ResourceMeta | null> {
    const resource = this.resources.get(meta.id);
    if (!resource) throw new Error(`${meta.id} is not watched`);
    try {
      return metaOf(meta.id, await write(resource));
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  private async discover(group: string, version: string, plural: string): Promise<Resource<UnknownObject>> {
    const isWanted = (resource: Resource) =>
      resource.group === group && resource.version === version && resource.plural === plural;
    const found = (await this.client.discover()).find(isWanted);
    if (!found)
      throw new Error(
        `the API server does not serve ${plural} of ${group || 'core'}/${version}; install its CRD first`,
      );
    this.resources.set(metaId(found), found);
    return found;
  }
}

const metaId = ({ group, version, plural }: Resource): string =>
  `${plural}.${group ? `${group}/${version}` : version}`;

const metaOf = (id: string, object: KubeObject): ResourceMeta => ({
  id,
  name: object.metadata.name,
  namespace: object.metadata.namespace,
  resourceVersion: object.metadata.resourceVersion ?? '',
  apiVersion: object.apiVersion ?? '',
  kind: object.kind ?? '',
});

/** Hands the states of objects to a handler of events: level-triggered inside, events outside. */
const eventController = (
  informer: Informer<UnknownObject>,
  id: string,
  onEvent: (event: ResourceEvent) => Promise<void>,
): Controller => {
  const known = new Map<string, UnknownObject>();
  return {
    name: id,
    watches: [from(informer)],
    concurrency: 1,
    async reconcile(key) {
      const { name, namespace } = fromKey(key);
      const previous = known.get(key);
      const object = informer.get(name, namespace) ?? previous;
      if (!object) return;
      const isThere = object !== previous || informer.get(name, namespace) !== undefined;
      const type: EventType = !isThere ? 'DELETED' : previous ? 'MODIFIED' : 'ADDED';
      const event = { meta: metaOf(id, object), type, object: structuredClone(object) };
      await onEvent(event as unknown as ResourceEvent);
      if (isThere) known.set(key, object);
      else known.delete(key);
    },
  };
};
