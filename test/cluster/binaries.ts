import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CommandError, run } from './command.ts';
import { withLock } from './lock.ts';
import { cacheFolder, repositoryFolder } from './paths.ts';
import { withProgress } from './progress.ts';

/** The version of the Kubernetes components that controlplane/kubernetes/go.mod names. */
export const kubernetesVersion = 'v1.35.4';

/** The version that controlplane/kubernetes-old/go.mod names: about the oldest that bundles support. */
export const oldKubernetesVersion = 'v1.26.15';

/** Absolute paths of the executables that clusters are made of. */
export interface Binaries {
  /** etcd, kube-apiserver, kube-controller-manager, kube-scheduler, kubelet and kube-proxy in one. */
  kubernetes: string;
  kubectl: string;
  coredns: string;
  pause: string;
}

/**
 * What can be built; no cluster needs `kubernetes-old`, which is etcd and an old kube-apiserver in one, `helm`,
 * `kustomize`, `opm`, `cel-oracle`, `olm`, a folder with the executables of the Operator Lifecycle Manager and of its Pods,
 * and `addons`, a folder with managers of add-ons as vendors write them.
 */
type ModuleName =
  keyof Binaries | 'kubernetes-old' | 'helm' | 'kustomize' | 'opm' | 'olm' | 'cel-oracle' | 'addons';

interface Module {
  name: ModuleName;
  /** Where its source is, seen from the repository, when that is not `controlplane/<name>`. */
  folder?: string;
  usually: string;
  linkerFlags: string;
  /** The package with the executable, where it is not the module itself: a tool that its go.mod names. */
  tool?: string;
  /** Several such tools, which are built into one folder, each by its own name. */
  tools?: readonly string[];
  /** Build tags: what is left out of packages that want C libraries. */
  tags?: string;
}

/** The module of the Operator Lifecycle Manager, which controlplane/olm/go.mod names; its chart is in it. */
const olmModule = 'github.com/operator-framework/operator-lifecycle-manager';

/** Linker flags of a Kubernetes component, which then reports this version; `holders` are the packages that hold it. */
const ofVersion = (version: string, holders = ['k8s.io/component-base/version']): string => {
  const [major = '', minor = ''] = version.slice(1).split('.');
  const fields = { gitVersion: version, gitMajor: major, gitMinor: minor };
  const settings = holders.flatMap((holder) =>
    Object.entries(fields).map(([field, value]) => `-X ${holder}.${field}=${value}`),
  );
  return ['-s -w', ...settings].join(' ');
};

const modules: readonly Module[] = [
  {
    name: 'kubernetes',
    usually: 'about 5 minutes on two cores the first time, seconds with a warm Go build cache',
    linkerFlags: ofVersion(kubernetesVersion),
  },
  {
    name: 'kubernetes-old',
    usually: 'about 5 minutes on two cores the first time, seconds with a warm Go build cache',
    linkerFlags: ofVersion(oldKubernetesVersion, [
      'k8s.io/component-base/version',
      'k8s.io/client-go/pkg/version',
    ]),
  },
  { name: 'kubectl', usually: 'half a minute the first time', linkerFlags: ofVersion(kubernetesVersion) },
  { name: 'coredns', usually: 'about a minute the first time', linkerFlags: '-s -w' },
  { name: 'pause', usually: 'a second', linkerFlags: '-s -w' },
  {
    name: 'helm',
    usually: 'about two minutes on two cores the first time',
    linkerFlags: '-s -w',
    tool: 'helm.sh/helm/v3/cmd/helm',
  },
  {
    name: 'kustomize',
    usually: 'about a minute on two cores the first time',
    linkerFlags: '-s -w',
    tool: 'sigs.k8s.io/kustomize/kustomize/v5',
  },
  {
    name: 'opm',
    usually: 'about three minutes on two cores the first time',
    linkerFlags: '-s -w',
    tags: 'containers_image_openpgp,exclude_graphdriver_btrfs',
  },
  {
    name: 'olm',
    usually: 'about five minutes on two cores the first time',
    linkerFlags: '-s -w',
    tools: [
      ...['cmd/olm', 'cmd/catalog', 'cmd/package-server', 'cmd/copy-content', 'util/cpb'].map(
        (path) => `${olmModule}/${path}`,
      ),
      'github.com/grpc-ecosystem/grpc-health-probe',
      'github.com/u-root/u-root/cmds/core/cp',
    ],
    tags: 'containers_image_openpgp,exclude_graphdriver_btrfs',
  },
  { name: 'cel-oracle', usually: 'about a minute the first time', linkerFlags: '-s -w' },
  {
    name: 'addons',
    folder: 'test/addons',
    usually: 'about four minutes on two cores the first time',
    linkerFlags: '-s -w',
    tools: ['./helloworld', './hosted', './chart'],
  },
];

const folderOf = ({ name, folder = join('controlplane', name) }: Module): string => folder;
const sourceFolder = (module: Module): string => join(repositoryFolder, folderOf(module));

const install =
  'Install Go 1.25 or newer from https://go.dev/dl/, put its bin folder on PATH, and run again.';

/** The Go release and what it builds for. A release from 1.21 on fetches the one that go.mod asks for by itself. */
const goVersion = async (): Promise<string> => {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH']);
    const [, release = '0'] = /^go1\.(\d+)/.exec(stdout) ?? [];
    if (Number(release) < 21)
      throw new Error(`Go is too old to build the Kubernetes binaries: ${stdout.trim()}. ${install}`);
    return stdout;
  } catch (error) {
    if (error instanceof CommandError && error.status === null)
      throw new Error(
        `Go is needed to build the Kubernetes binaries, and \`go\` is not on PATH. ${install}`,
        {
          cause: error,
        },
      );
    throw error;
  }
};

/** What a module's executable follows from, as a short hash: its sources, the Go release, the linker's flags and tags. */
const contentHash = async (module: Module, go: string): Promise<string> => {
  const { linkerFlags, tags = '', tools = [] } = module;
  const hash = createHash('sha256').update(go).update(linkerFlags).update(tags).update(tools.join());
  const files = (await readdir(sourceFolder(module), { recursive: true }))
    .filter((file) => /\.(go|mod|sum)$/.test(file))
    .sort();
  for (const file of files)
    hash.update(`\n${file}\n`).update(await readFile(join(sourceFolder(module), file)));
  return hash.digest('hex').slice(0, 16);
};

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const build = async (module: Module, target: string): Promise<void> => {
  const unfinished = `${target}.unfinished`;
  const flags = ['-trimpath', '-ldflags', module.linkerFlags, ...(module.tags ? ['-tags', module.tags] : [])];
  const args = ['build', ...flags, '-o', unfinished, ...(module.tools ?? [module.tool ?? '.'])];
  await rm(unfinished, { recursive: true, force: true });
  if (module.tools) await mkdir(unfinished);
  await run('go', args, { cwd: sourceFolder(module), env: { ...process.env, CGO_ENABLED: '0' } });
  await rename(unfinished, target);
};

const ensureBinary = async (module: Module, go: string): Promise<string> => {
  const folder = join(cacheFolder(), 'bin');
  const target = join(folder, `${module.name}-${await contentHash(module, go)}`);
  if (await exists(target)) return target;
  await mkdir(folder, { recursive: true });
  return withLock(basename(target), async () => {
    if (!(await exists(target)))
      await withProgress(`Building ${module.name} from ${folderOf(module)}`, module.usually, () =>
        build(module, target),
      );
    return target;
  });
};

const cached = new Map<ModuleName, Promise<string>>();

/** Builds one module unless the cache has it; the path of what it is stays the same until its sources change. */
export const ensureBinaryOf = (name: ModuleName): Promise<string> => {
  const started = cached.get(name);
  if (started !== undefined) return started;
  const module = modules.find((candidate) => candidate.name === name);
  if (module === undefined) throw new Error(`No executable is called ${name}`);
  const path = goVersion().then((go) => ensureBinary(module, go));
  cached.set(name, path);
  return path;
};

/**
 * Builds every executable that a cluster needs and the cache lacks, one after another, with progress on stderr.
 * Safe when several processes ask at once. Throws when Go is missing, saying what to install.
 */
export const ensureBinaries = async (): Promise<Binaries> => ({
  kubernetes: await ensureBinaryOf('kubernetes'),
  kubectl: await ensureBinaryOf('kubectl'),
  coredns: await ensureBinaryOf('coredns'),
  pause: await ensureBinaryOf('pause'),
});

/** The Helm chart that installs the Operator Lifecycle Manager, as its module has it; fetched when it is not there. */
export const olmChart = async (): Promise<string> => {
  const cwd = join(repositoryFolder, 'controlplane/olm');
  await run('go', ['mod', 'download', olmModule], { cwd });
  const { stdout } = await run('go', ['list', '-m', '-f', '{{.Dir}}', olmModule], { cwd });
  return join(stdout.trim(), 'deploy/chart');
};
