import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  makeSingleFile,
  nodeFor,
  packSingleFile,
  type Target,
  targets,
} from '../../scripts/release/single-file.ts';
import { ensurePackages } from '../cluster/docker.ts';
import { cacheFolder, repositoryFolder } from '../cluster/paths.ts';
import { run } from '../cluster/command.ts';

/*
 * clusteradm with Node.js in it, for every machine that releases have it for. Those of others cannot be run here: what is
 * seen is that each is an executable of its format, and that the program is in it, where Node.js looks for it.
 */
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'single-files-'));
  await ensurePackages('Single files', { unzip: 'unzip' });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What an executable says of itself in its first bytes. */
const formatOf = (executable: Buffer): string => {
  if (executable.toString('latin1', 0, 4) === '\u007fELF') return `ELF ${executable.readUInt16LE(18)}`;
  const at = executable.readUInt32LE(0x3c);
  if (executable.toString('latin1', at, at + 4) === 'PE\0\0') return `PE ${executable.readUInt16LE(at + 4)}`;
  return 'unknown';
};
const formats: Record<Target, string> = {
  linux_amd64: 'ELF 62',
  linux_arm64: 'ELF 183',
  windows_amd64: 'PE 34404',
};

const program = join(repositoryFolder, 'dist/clusteradm');

test.each(targets)(
  'cli.md 18: %s is an executable with the program in it, twice the same',
  async (target) => {
    const node = nodeFor(target, join(cacheFolder(), 'images'));
    const [one = '', other = ''] = ['one', 'other'].map((name) => {
      const executable = join(folder, `${target}-${name}`);
      makeSingleFile(program, node, executable);
      return executable;
    });
    const content = await readFile(one);
    expect(content.equals(await readFile(other))).toBe(true);
    expect(formatOf(content)).toBe(formats[target]);
    // Node.js itself has the name of the switch once, with a zero behind it.
    expect(content.includes('NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2:1')).toBe(true);
    expect(content.includes(await readFile(program))).toBe(true);

    const archive = join(folder, packSingleFile(one, target, folder));
    const unpacked = join(folder, `${target}-unpacked`);
    await mkdir(unpacked);
    const [command, args] = archive.endsWith('.zip') ? ['unzip', ['-q']] : ['tar', ['-xzf']];
    await run(command, [...args, archive], { cwd: unpacked });
    const name = target.startsWith('windows') ? 'clusteradm.exe' : 'clusteradm';
    expect((await readFile(join(unpacked, name))).equals(content)).toBe(true);
    expect(await readFile(join(unpacked, 'LICENSE'), 'utf8')).toContain('Apache License');
    expect(await readFile(join(unpacked, 'LICENSE.node'), 'utf8')).toContain('Node.js is licensed');
  },
);
