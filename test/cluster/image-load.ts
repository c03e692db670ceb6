import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** Feeds a docker-archive into the node's containerd as it comes. */
const importArchive = async (containerName: string, archive: Readable): Promise<void> => {
  const command = ['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'];
  const importer = spawn('docker', ['exec', '--interactive', containerName, ...command], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const errors: Buffer[] = [];
  importer.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const closed = once(importer, 'close') as Promise<[number | null]>;
  // When the importer gives up early the pipe breaks; what it said is the better message.
  const [piped, ended] = await Promise.allSettled([pipeline(archive, importer.stdin), closed]);
  if (ended.status === 'rejected') throw ended.reason;
  if (ended.value[0] !== 0)
    throw new Error(`containerd of ${containerName}: ${Buffer.concat(errors).toString().trim()}`);
  if (piped.status === 'rejected') throw piped.reason;
};

/** Feeds images of the machine's Docker engine into the node, common layers once. */
const importFromDocker = async (containerName: string, images: readonly string[]): Promise<void> => {
  const save = spawn('docker', ['save', ...images], { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: Buffer[] = [];
  save.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const closed = once(save, 'close') as Promise<[number | null]>;
  const [imported, saved] = await Promise.allSettled([importArchive(containerName, save.stdout), closed]);
  if (saved.status === 'rejected') throw saved.reason;
  if (saved.value[0] !== 0)
    throw new Error(`docker save ${images.join(' ')}: ${Buffer.concat(errors).toString().trim()}`);
  if (imported.status === 'rejected') throw imported.reason;
};

/** Loads images onto a node: paths that end in .tar are docker-archives, everything else is an image that Docker has. */
export const loadImages = async (containerName: string, images: readonly string[]): Promise<void> => {
  const archives = images.filter((image) => image.endsWith('.tar'));
  const names = images.filter((image) => !image.endsWith('.tar'));
  for (const archive of archives) await importArchive(containerName, createReadStream(archive));
  if (names.length > 0) await importFromDocker(containerName, names);
};
