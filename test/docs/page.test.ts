import { describe, expect, test } from '@jest/globals';
import { runSection, type Section, sectionOf, sectionsOf } from './page.ts';

const page = `# Title
text

\`\`\`console
greeting=hello
\`\`\`

## Second

\`\`\`yaml
# no heading
kind: x
\`\`\`

\`\`\`console
false
\`\`\`

\`\`\`text
not run
\`\`\`
`;

describe('what a page tells to do', () => {
  test('blocks are found under their headings', () => {
    expect(sectionsOf(page)).toEqual([
      { heading: '', commands: [], manifests: [] },
      { heading: 'Title', commands: ['greeting=hello\n'], manifests: [] },
      { heading: 'Second', commands: ['false\n'], manifests: ['# no heading\nkind: x\n'] },
    ]);
  });

  test('a block that is left open is refused', () => {
    expect(() => sectionsOf('```console\nx')).toThrow('not closed');
  });

  test('a section that is not there is an error that names those that are', () => {
    expect(() => sectionOf('architecture.md', 'Nothing')).toThrow(
      /has no section "Nothing", but .*The parts/,
    );
  });

  test('blocks run in one shell, and a command that fails ends it', async () => {
    const [, title, second] = sectionsOf(page) as [Section, Section, Section];
    const more = { ...title, commands: [...title.commands, 'echo "$greeting"\n'] };
    expect((await runSection(more)).stdout).toBe('hello\n');
    await expect(runSection(second)).rejects.toThrow('status 1');
  });
});
