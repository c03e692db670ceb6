import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManifestWork } from '../../api/generated/work.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { messageOf } from '../../runtime/client/errors.ts';
import { healthFeedback } from '../health/availability.ts';
import type { Deployment } from '../works/applied.ts';
import { applyWork, removeWorks } from '../works/apply.ts';
import { type BuiltWorks, buildWorks } from '../works/build.ts';
import { isPreDeleteHook, locationOf } from '../works/manifests.ts';
import { type KeptWork, isMadeFor } from '../works/kept.ts';
import { mergedConfigs } from '../works/options.ts';
import { type AddonAgent, type AgentManifests, NotInTurn } from './agent.ts';

/** What an add-on is to deploy; undefined while that stays as it is. */
export type Rendering = AgentManifests | { failure: string } | undefined;

/** What an agent has to say, unless something else is in turn. */
export const rendering = (render: () => AgentManifests): Rendering => {
  try {
    return render();
  } catch (error) {
    return error instanceof NotInTurn ? undefined : { failure: messageOf(error) };
  }
};

export interface DeployInput {
  cache: Informer<KeptWork>;
  agent: Pick<AddonAgent, 'prober'>;
  addon: ManagedClusterAddOn;
  rendered: AgentManifests | { failure: string };
  /** Whether the add-on has a hosting cluster, and which, when these are the works there. */
  isHosted: boolean;
  hosting?: string;
  /** The works that deploy the add-on on this cluster. */
  existing: readonly KeptWork[];
  signal: AbortSignal;
}

/** What came of it; `error` is worth another attempt. */
export type Deployed = Deployment & { error?: unknown };

const manifestsHere = ({ rendered, isHosted, hosting }: DeployInput & { rendered: AgentManifests }) => {
  const here = hosting === undefined ? 'managed' : 'hosting';
  return rendered.manifests.filter(
    (manifest) => !isPreDeleteHook(manifest) && locationOf(manifest, isHosted) === here,
  );
};

/** Makes, changes and removes the works of an add-on on one of its clusters (addon.md 7.2). */
export const deploy = async (input: DeployInput): Promise<Deployed> => {
  const { cache, agent, addon, rendered, hosting, signal } = input;
  const failed = (
    step: Extract<Deployment, { failure: object }>['failure']['step'],
    error: unknown,
  ): Deployed => ({ failure: { step, cause: typeof error === 'string' ? error : messageOf(error) } });
  if ('failure' in rendered) return failed('get manifest from agent interface', rendered.failure);
  const existing = input.existing.filter((work) => isMadeFor(addon, work));
  let built: BuiltWorks;
  let manifests;
  try {
    manifests = manifestsHere({ ...input, rendered });
  } catch (error) {
    return failed('get manifest from agent interface', error);
  }
  try {
    const manifestConfigs = mergedConfigs(healthFeedback(agent.prober, manifests), rendered.manifestConfigs);
    built = buildWorks({ addon, hosting, manifests, manifestConfigs, existing });
  } catch (error) {
    return failed('build manifestwork', error);
  }
  try {
    const works: ManifestWork[] = [];
    for (const work of built.works) {
      const known = existing.find(({ metadata }) => metadata.name === work.metadata.name);
      works.push(await applyWork(cache, addon, work, known, signal));
    }
    await removeWorks(cache, built.remove, signal);
    return { works };
  } catch (error) {
    signal.throwIfAborted();
    return { ...failed('apply manifestWork', error), error };
  }
};
