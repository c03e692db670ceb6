import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { docker } from './docker.ts';

/** The names in what `ctr images import` prints: "unpacking NAME (DIGEST)...done". */
export const importedNames = (output: string): string[] =>
  [...output.matchAll(/^unpacking (\S+) \(/gm)].map(([, name = '']) => name);

const isBrokenPipe = (error: unknown): boolean =>
  error instanceof Error &&
  'code' in error &&
  (error.code === 'EPIPE' || error.code === 'ERR_STREAM_PREMATURE_CLOSE');

/** Feeds a docker-archive into the node's containerd as it comes and returns the names of its images. */
const importArchive = async (containerName: string, archive: Readable): Promise<string[]> => {
  const command = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'];
  const importer = spawn('docker', ['exec', '--interactive', containerName, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  const errors: Buffer[] = [];
  importer.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  importer.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const closed = once(importer, 'close') as Promise<[number | null]>;
  const [piped, ended] = await Promise.allSettled([pipeline(archive, importer.stdin), closed]);
  if (ended.status === 'rejected') throw ended.reason;
  // When the importer gives up early the pipe breaks; what it said is then the better message.
  if (piped.status === 'rejected' && !isBrokenPipe(piped.reason)) throw piped.reason;
  if (ended.value[0] !== 0)
    throw new Error(`containerd of ${containerName}: ${Buffer.concat(errors).toString().trim()}`);
  if (piped.status === 'rejected') throw piped.reason;
  return importedNames(Buffer.concat(output).toString());
};

/** Feeds images of the machine's Docker engine into the node, common layers once. */
const importFromDocker = async (containerName: string, images: readonly string[]): Promise<string[]> => {
  const save = spawn('docker', ['save', ...images], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: Buffer[] = [];
  save.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const closed = once(save, 'close') as Promise<[number | null]>;
  const [imported, saved] = await Promise.allSettled([importArchive(containerName, save.stdout), closed]);
  if (saved.status === 'rejected') throw saved.reason;
  if (saved.value[0] !== 0)
    throw new Error(`docker save ${images.join(' ')}: ${Buffer.concat(errors).toString().trim()}`);
  if (imported.status === 'rejected') throw imported.reason;
  return imported.value;
};

/** Where a node remembers which archive it was given last, and the names of its images; one a line. */
const lastArchive = '/var/lib/last-archive';

const onNode = (containerName: string, script: string, input?: string): Promise<string> =>
  docker(['exec', '--interactive', containerName, 'sh', '-c', script], { input });

/** What is imported next may take the names of images of the last archive. */
const forgetLast = async (containerName: string): Promise<void> =>
  void (await onNode(containerName, `rm -f ${lastArchive}`));

/** Imports an archive unless it was the last one: tests that share a cluster ask for the same again and again. */
const importUnlessLast = async (containerName: string, archive: string): Promise<string[]> => {
  const { size, mtimeMs } = await stat(archive);
  const identity = `${resolve(archive)} ${size} ${mtimeMs}`;
  const known = await onNode(containerName, `cat ${lastArchive} 2>/dev/null || true`);
  const [last, ...names] = known.split('\n');
  if (last === identity) return names;
  await forgetLast(containerName);
  const imported = await importArchive(containerName, createReadStream(archive));
  await onNode(containerName, `cat > ${lastArchive}`, [identity, ...imported].join('\n'));
  return imported;
};

/**
 * Loads images onto a node: paths that end in .tar are docker-archives, everything else is an image that Docker has.
 * Returns the names under which the node knows them.
 */
export const loadImages = async (containerName: string, images: readonly string[]): Promise<string[]> => {
  const archives = images.filter((image) => image.endsWith('.tar'));
  const names = images.filter((image) => !image.endsWith('.tar'));
  const loaded: string[] = [];
  for (const archive of archives) loaded.push(...(await importUnlessLast(containerName, archive)));
  if (names.length > 0) await forgetLast(containerName);
  if (names.length > 0) loaded.push(...(await importFromDocker(containerName, names)));
  return loaded;
};
