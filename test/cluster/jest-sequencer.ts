import { readFileSync } from 'node:fs';
import sequencer from '@jest/test-sequencer';

// What is imported is the class; its types take it for a module around the class.
const TestSequencer = sequencer as unknown as typeof sequencer.default;
type Tests = Parameters<InstanceType<typeof TestSequencer>['sort']>[0];

/** Files that need helm, kustomize or opm come last: what the others need is built before, and no other has to wait. */
const waitsForTools = (path: string): boolean =>
  /from '\.\/(?:charts\/helm|packages\/kustomize|olm\/opm)\.ts'/.test(readFileSync(path, 'utf8'));

export default class ToolsLast extends TestSequencer {
  override sort(tests: Tests): Tests {
    const sorted = super.sort(tests) as Tests;
    const last = sorted.filter(({ path }) => waitsForTools(path));
    return [...sorted.filter((test) => !last.includes(test)), ...last];
  }
}
