import type { Klusterlet } from '../../../api/generated/operator.ts';
import { hashOf } from '../../apply/index.ts';
import { type RenderInput, render, type Selection, type Stage } from '../../bundle/index.ts';

/** Klusterlets whose objects are kept; a management cluster rarely has more, and rendering anew is only slower. */
const capacity = 8;

/** Keeps what was rendered last for a Klusterlet, since most syncs want the very same again. */
export class RenderCache {
  private readonly entries = new Map<string, { hash: string; stages: Stage[] }>();

  /** As `render` of bundle/, whose result is not to be changed. */
  render(klusterlet: Klusterlet, selection: Selection, input: RenderInput): Stage[] {
    const { name } = klusterlet.metadata;
    const versions = Object.entries(selection.components).map(([component, { version }]) => [
      component,
      version,
    ]);
    const hash = hashOf([
      selection.newest.version,
      versions,
      input.mode,
      [...input.features],
      input.parameters,
    ]);
    const known = this.entries.get(name);
    if (known?.hash === hash) return known.stages;
    const stages = render(selection, 'klusterlet', input);
    this.entries.delete(name);
    this.entries.set(name, { hash, stages });
    const [oldest] = this.entries.keys();
    if (this.entries.size > capacity && oldest !== undefined) this.entries.delete(oldest);
    return stages;
  }
}
