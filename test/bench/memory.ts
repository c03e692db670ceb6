import type { Cluster } from '../cluster/index.ts';
import { figure } from './figures.ts';

interface Memory {
  name: string;
  /** MB that no other process shares. */
  private: number;
  /** MB, with shared pages divided among those who share them. */
  proportional: number;
}

/** Walks /proc on the node for our executables; prints `pid command` and the figures of smaps_rollup. */
const SCRIPT = `for process in /proc/[0-9]*; do
  command=$(tr '\\0' ' ' < $process/cmdline 2>/dev/null)
  case "$command" in
    */registration\\ *|*/work\\ *|*/placement\\ *|*/registration-operator\\ *)
      echo "process $command"
      cat $process/smaps_rollup ;;
  esac
done`;

const field = (block: string, name: string): number =>
  (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(block)?.[1] ?? 0) * 1024) / 1_000_000;

const nameOf = (command: string): string => {
  const words = command
    .split(' ')
    .filter((word) => word !== '' && !word.endsWith('/node') && !word.startsWith('--'));
  return words.slice(0, 2).join(' ');
};

export const memoryOf = async (cluster: Cluster): Promise<Memory[]> => {
  const output = await cluster.exec(['sh', '-c', SCRIPT]);
  return output
    .split(/^process /m)
    .slice(1)
    .map((block) => ({
      name: nameOf(block.slice(0, block.indexOf('\n'))),
      private: field(block, 'Private_Clean') + field(block, 'Private_Dirty'),
      proportional: field(block, 'Pss'),
    }));
};

/** Prints the memory of each of our processes on these clusters, and the sum. */
export const reportMemory = async (clusters: Cluster[]): Promise<void> => {
  const all: Memory[] = [];
  for (const cluster of clusters) {
    for (const memory of await memoryOf(cluster)) {
      figure(
        `memory, private: ${memory.name}`,
        memory.private,
        'MB',
        memory.name.includes('operator') ? '34' : '30',
      );
      all.push(memory);
    }
  }
  const sum = (read: (memory: Memory) => number) => all.reduce((total, memory) => total + read(memory), 0);
  figure(
    `memory, private: all ${all.length} processes`,
    sum((memory) => memory.private),
    'MB',
  );
  figure(
    `memory, proportional: all ${all.length} processes`,
    sum((memory) => memory.proportional),
    'MB',
    '415',
  );
};
