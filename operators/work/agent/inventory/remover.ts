import type { AppliedManifestWork, ManifestWork } from '../../../api/generated/work.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { type AgentContext, appliedWorkName, isOfHub } from '../context.ts';
import { isOwned, ownerOf } from '../manifest/ownership.ts';
import { Claims } from './claims.ts';
import type { Remover } from './remove.ts';

/**
 * Who removes objects of an AppliedManifestWork. `work` stands behind it as far as is known; its present delete option
 * counts, be it in the middle of its deletion.
 */
export const removerFor = (
  context: AgentContext,
  owner: AppliedManifestWork,
  work: ManifestWork | undefined,
  { log, signal }: { log: Logger; signal: AbortSignal },
): Remover => {
  let claims: Promise<Claims> | undefined;
  return {
    client: context.spoke,
    log,
    signal,
    owner,
    claims: () => (claims ??= claimsOfOthers(context, owner)),
    referenceOf: (name) => {
      const other = context.appliedWorks.get(appliedWorkName(context.settings, name));
      return other && !other.metadata.deletionTimestamp ? ownerOf(other) : undefined;
    },
    isKept: ({ group, resource, namespace, name }) =>
      work !== undefined &&
      !isOwned(work.spec?.deleteOption, { ordinal: 0, group, resource, namespace, name }),
  };
};

const claimsOfOthers = async (
  { presentWorks, appliedWorks, settings }: AgentContext,
  owner: AppliedManifestWork,
): Promise<Claims> => {
  let works: ManifestWork[];
  try {
    works = await presentWorks.read();
  } catch (error) {
    throw new Error(`the hub cannot be asked whether another ManifestWork names it: ${messageOf(error)}`, {
      cause: error,
    });
  }
  const { name } = owner.metadata;
  return new Claims(
    works.filter(({ metadata }) => appliedWorkName(settings, metadata.name) !== name),
    appliedWorks.list().filter(({ metadata }) => metadata.name !== name && !isOfHub(settings, metadata.name)),
  );
};
