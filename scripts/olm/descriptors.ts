/** A part of an OpenAPI schema as CRDs have it. */
export interface Schema {
  type?: string;
  description?: string;
  enum?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
}

/** How a form shows a field. */
export interface Descriptor {
  path: string;
  displayName: string;
  description: string;
  'x-descriptors'?: string[];
}

const form = 'urn:alm:descriptor:com.tectonic.ui';
const conditions = 'urn:alm:descriptor:io.kubernetes.conditions';

const widgetsOf = ({ type, enum: choices, items }: Schema): string[] => {
  if (choices) return choices.map((choice) => `${form}:select:${choice}`);
  if (type === 'string') return [`${form}:text`];
  if (type === 'integer') return [`${form}:number`];
  if (type === 'boolean') return [`${form}:booleanSwitch`];
  return items?.properties?.lastTransitionTime ? [conditions] : [];
};

/**
 * Descriptors of the fields `names` has, by their paths below the schema; what each says and which widget it takes comes
 * from the schema. Throws for a path that leads to no field.
 */
export const descriptorsOf = (schema: Schema, names: Readonly<Record<string, string>>): Descriptor[] =>
  Object.entries(names).map(([path, displayName]) => {
    const field = path
      .split('.')
      .reduce<Schema | undefined>((part, key) => part?.properties?.[key], schema);
    if (!field?.description) throw new Error(`${path}: the CRD has no such field. Correct the package.yaml`);
    const widgets = widgetsOf(field);
    return {
      path,
      displayName,
      description: field.description,
      ...(widgets.length > 0 && { 'x-descriptors': widgets }),
    };
  });
