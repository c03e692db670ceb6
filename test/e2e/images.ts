import { buildImages, type ImageOptions, type Images } from '../../scripts/images.ts';
import { versions } from '../../scripts/bundle.ts';
import { run } from '../cluster/command.ts';
import { ensureDocker } from '../cluster/index.ts';
import { withLock } from '../cluster/lock.ts';
import { cacheFolder, repositoryFolder } from '../cluster/paths.ts';

/** Images beyond those of this source tree's version. */
export type MoreImages = Pick<ImageOptions, 'moreTags' | 'crashing'>;

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

if (import.meta.main) {
  const options = JSON.parse(process.argv[2] ?? '{}') as MoreImages;
  process.stdout.write(JSON.stringify(buildImages({ ...options, cache: cacheFolder() })));
}
