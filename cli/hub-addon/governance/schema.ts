import type { UnknownObject } from '../../../operators/runtime/client/object.ts';

/** A little language for the schemas of CRDs: what is not marked is optional. */
export type Schema = Record<string, unknown>;

export const text: Schema = { type: 'string' };
export const flag: Schema = { type: 'boolean' };
/** Text that is not empty. */
export const named: Schema = { type: 'string', minLength: 1 };
/** An object whose fields are somebody else's. */
export const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export const oneOf = (...values: string[]): Schema => ({ type: 'string', enum: values });
export const integer = (rules: Schema = {}): Schema => ({ type: 'integer', ...rules });
export const listOf = (items: Schema, rules: Schema = {}): Schema => ({ type: 'array', items, ...rules });
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values });

/** @param required the names of fields that must be there, divided by spaces */
export const object = (properties: Record<string, Schema>, required = '', rules: Schema = {}): Schema => ({
  type: 'object',
  properties,
  ...(required && { required: required.split(' ') }),
  ...rules,
});

export interface Kind {
  group: string;
  version: string;
  kind: string;
  plural: string;
  shortName?: string;
  columns?: { name: string; type: string; jsonPath: string }[];
  /** Which fields at the top must be there. */
  required?: string;
}

export const age = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };
export const compliance = { name: 'Compliance state', type: 'string', jsonPath: '.status.compliant' };

/** The CRD of a namespaced kind with one version and the subresource `status`. */
export const crd = (
  { group, version, kind, plural, shortName, columns, required = '' }: Kind,
  fields: Record<string, Schema>,
): UnknownObject => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: {
      kind,
      listKind: `${kind}List`,
      plural,
      singular: kind.toLowerCase(),
      ...(shortName && { shortNames: [shortName] }),
    },
    versions: [
      {
        name: version,
        served: true,
        storage: true,
        subresources: { status: {} },
        ...(columns && { additionalPrinterColumns: columns }),
        schema: {
          openAPIV3Schema: object(
            { apiVersion: text, kind: text, metadata: { type: 'object' }, ...fields },
            required,
          ),
        },
      },
    ],
  },
});
