import { basename, join } from 'node:path';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { imageExists, importFiles, removeOtherVersions } from '../../cluster/image-build.ts';
import { withLock } from '../../cluster/lock.ts';

/** The images that the Operator Lifecycle Manager itself runs. */
export interface OlmImages {
  /** Its operators, its API server, and what it copies into the Pods that unpack bundles and catalogs. */
  olm: string;
  /** What unpacks bundles and serves catalogs. */
  opm: string;
}

const repository = 'open-cluster-management-test';

/** An image of executables in /bin, built unless Docker has it; `source` is the path of what it is made of, named by content. */
const ensureImage = async (
  name: string,
  source: string,
  executables: Record<string, string>,
): Promise<string> => {
  const image = `${repository}/${name}:${basename(source)}`;
  return withLock(`image-${name}`, async () => {
    if (!(await imageExists(image))) {
      const files = Object.entries(executables).map(([file, path]) => [`bin/${file}`, path]);
      await importFiles(image, Object.fromEntries(files) as Record<string, string>, [
        'ENV PATH=/bin',
        'USER 1001',
      ]);
      await removeOtherVersions(image);
    }
    return image;
  });
};

/** Builds the images from the modules in controlplane/, unless Docker has them. */
export const ensureOlmImages = async (): Promise<OlmImages> => {
  const tools = await ensureBinaryOf('olm');
  const opm = await ensureBinaryOf('opm');
  const of = (...names: string[]) => Object.fromEntries(names.map((name) => [name, join(tools, name)]));
  return {
    olm: await ensureImage('olm', tools, of('olm', 'catalog', 'package-server', 'copy-content', 'cpb', 'cp')),
    opm: await ensureImage('opm', `${basename(tools)}-${basename(opm)}`, {
      opm,
      grpc_health_probe: join(tools, 'grpc-health-probe'),
    }),
  };
};
