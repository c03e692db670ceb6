import { loadAll } from 'js-yaml';

/** The first document of a text; undefined when it has none. Throws when it is not YAML. */
export const firstDocument = (text: string): unknown => loadAll(text)[0] ?? undefined;
