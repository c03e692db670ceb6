import { readYaml } from '../../operators/runtime/client/yaml/read.ts';

/** The first document of a text; undefined when it has none. Throws when it is not YAML. */
export const firstDocument = (text: string): unknown => readYaml(text) ?? undefined;
