import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandOptions, type CommandResult, run } from '../cluster/command.ts';
import { repositoryFolder } from '../cluster/paths.ts';

/** What a page of docs/ tells its reader to do under one heading. */
export interface Section {
  /** The heading without its marks. */
  heading: string;
  /** Its ```console blocks as they are written, in order. */
  commands: string[];
  /** Its ```yaml blocks, in order. */
  manifests: string[];
}

/** The sections of a page that is written in Markdown; what stands before the first heading is a section without one. */
export const sectionsOf = (markdown: string): Section[] => {
  const sections: Section[] = [{ heading: '', commands: [], manifests: [] }];
  let block: { kind: string; lines: string[] } | undefined;
  for (const line of markdown.split('\n')) {
    const current = sections.at(-1) as Section;
    const [, kind] = /^```(.*)$/.exec(line) ?? [];
    if (block && kind === '') {
      const text = `${block.lines.join('\n')}\n`;
      if (block.kind === 'console') current.commands.push(text);
      if (block.kind === 'yaml') current.manifests.push(text);
      block = undefined;
    } else if (block) block.lines.push(line);
    else if (kind !== undefined) block = { kind, lines: [] };
    else if (/^#+ /.test(line))
      sections.push({ heading: line.replace(/^#+ /, ''), commands: [], manifests: [] });
  }
  if (block) throw new Error(`A block of kind "${block.kind}" is not closed`);
  return sections;
};

/**
 * A section of docs/PAGE by its heading.
 * @throws Error when the page has no such section: a test of what nobody reads is no test
 */
export const sectionOf = (page: string, heading: string): Section => {
  const all = sectionsOf(readFileSync(join(repositoryFolder, 'docs', page), 'utf8'));
  const found = all.find((section) => section.heading === heading);
  if (found) return found;
  throw new Error(
    `docs/${page} has no section "${heading}", but ${all.map((each) => each.heading).join(', ')}`,
  );
};

/** The commands of a section as they are written; what one block sets, the next ones know. */
export const commandsOf = ({ commands }: Section): string => commands.join('\n');

/**
 * Runs commands by bash, in the checkout or in `cwd`, until one fails.
 * @throws CommandError of that one, with what was printed
 */
export const runCommands = (commands: string, options: CommandOptions = {}): Promise<CommandResult> =>
  run('bash', ['-euo', 'pipefail', '-c', commands], { cwd: repositoryFolder, ...options });

/** Runs the {@link commandsOf} a section. */
export const runSection = (section: Section, options: CommandOptions = {}): Promise<CommandResult> =>
  runCommands(commandsOf(section), options);
