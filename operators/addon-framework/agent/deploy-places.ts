import { removeWorks } from '../works/apply.ts';
import type { AppliedCondition } from '../works/applied.ts';
import { type KeptWork, deployingWorks, worksElsewhere } from '../works/kept.ts';
import { type HostedFacts, hostedTask } from '../works/tasks.ts';
import { type Deployed, type Rendering, deploy } from './deploy.ts';
import { type PassOnCluster, worksOf } from './pass.ts';

/** The works that deploy an add-on: on its managed cluster, and on others. */
export interface DeployingPlaces {
  here: KeptWork[];
  there: KeptWork[];
}

export const deployingPlaces = (pass: PassOnCluster): DeployingPlaces => {
  const deploying = deployingWorks(pass.addon, worksOf(pass));
  const there = worksElsewhere(deploying);
  return { here: deploying.filter((work) => !there.includes(work)), there };
};

/** Works on a cluster that hosted the add-on before go, be they of its hooks; those of `there` are seen to by deploying. */
const leaveFormerHosts = async (
  pass: PassOnCluster,
  hosting: string | undefined,
  there: readonly KeptWork[],
): Promise<void> => {
  const former = worksElsewhere(worksOf(pass)).filter(
    (work) => !there.includes(work) && work.metadata.namespace !== hosting,
  );
  await removeWorks(pass.caches.works, former, pass.signal);
};

/**
 * Deploys what was rendered on the managed cluster, where `isHere`, and on the hosting cluster, where its turn has come
 * (addon.md 7.2). Resolves to what came of each.
 */
export const deployPlaces = async (
  pass: PassOnCluster,
  facts: HostedFacts,
  rendered: Rendering,
  { here, there }: DeployingPlaces,
  isHere: boolean,
): Promise<{ which: AppliedCondition; deployed: Deployed }[]> => {
  const { hosting } = facts;
  const isHosted = hosting !== undefined;
  const { agent, caches, addon, signal } = pass;
  const results: { which: AppliedCondition; deployed: Deployed }[] = [];
  const input = rendered && { cache: caches.works, agent, addon, rendered, isHosted, signal };
  if (isHere && input)
    results.push({ which: 'manifestApplied', deployed: await deploy({ ...input, existing: here }) });
  if (hostedTask(facts) !== 'deploy') return results;
  await leaveFormerHosts(pass, hosting, there);
  if (input)
    results.push({
      which: 'hostingManifestApplied',
      deployed: await deploy({ ...input, hosting, existing: there }),
    });
  return results;
};
