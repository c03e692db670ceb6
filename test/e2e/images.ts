import { buildImages, type ImageOptions, type Images } from '../../scripts/images.ts';
import { versions } from '../../scripts/bundle.ts';
import { run } from '../cluster/command.ts';
import { type Cluster, docker, ensureDocker } from '../cluster/index.ts';
import { withLock } from '../cluster/lock.ts';
import { cacheFolder, repositoryFolder } from '../cluster/paths.ts';

/** Images beyond those of this source tree's version. */
export type MoreImages = Pick<ImageOptions, 'moreTags' | 'crashing' | 'registry'>;

/** The registry of the user's that images are pushed to for clusters of theirs; undefined when they are loaded. */
export const imageRegistry = (): string | undefined => process.env['OCM_IMAGE_REGISTRY'] || undefined;

/** What the clusters that tests share are given: the images of all bundles, and those that crash. */
export const sharedImages: MoreImages = { moreTags: versions(), crashing: true };

/**
 * Builds the executables and the images of this source tree, unless they are there, and returns the images. In a process
 * of its own, so that clusters start meanwhile. Throws what was said when it fails.
 */
export const prepareImages = async (options: MoreImages = {}): Promise<Images> => {
  await ensureDocker();
  // One dist/ for all who run from this checkout.
  return withLock('images', async () => {
    await run('npm', ['run', '--silent', 'build'], { cwd: repositoryFolder });
    const { stdout } = await run(process.execPath, [import.meta.filename, JSON.stringify(options)]);
    return JSON.parse(stdout) as Images;
  });
};

/**
 * Puts images where the nodes of clusters find them: into the registry that the user named for clusters of theirs, else
 * onto the nodes.
 */
export const provideImages = async (
  { archive, byTag, crashing }: Images,
  clusters: readonly Cluster[],
): Promise<void> => {
  const isPushed = ({ isExternal }: Cluster): boolean => Boolean(isExternal && imageRegistry());
  if (clusters.some(isPushed)) {
    const references = Object.values(byTag).flatMap((each) => Object.values(each));
    await docker(['load', '--input', archive]);
    for (const reference of [...references, ...Object.values(crashing)]) await docker(['push', reference]);
  }
  await Promise.all(clusters.filter((each) => !isPushed(each)).map((each) => each.loadImage(archive)));
};

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? '{}') as MoreImages;
  process.stdout.write(JSON.stringify(buildImages({ ...options, cache: cacheFolder() })));
}
