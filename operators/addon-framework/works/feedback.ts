import type { FieldValue, ManifestWork } from '../../api/generated/work.ts';

/** Names an object on a managed cluster; in patterns `*` stands for any characters of namespace and name. */
export interface ObjectIdentifier {
  group: string;
  resource: string;
  namespace: string;
  name: string;
}

/** What a managed cluster reports of one object. */
export interface Feedback {
  object: ObjectIdentifier;
  values: ReadonlyMap<string, FieldValue>;
}

/** Everything that works report of their objects. */
export const feedbackOf = (works: readonly ManifestWork[]): Feedback[] =>
  works.flatMap(({ status }) =>
    (status?.resourceStatus?.manifests ?? []).map(({ resourceMeta, statusFeedback }) => {
      const { group = '', resource = '', namespace = '', name = '' } = resourceMeta ?? {};
      const values = statusFeedback?.values ?? [];
      return {
        object: { group, resource, namespace, name },
        values: new Map(values.map((each) => [each.name, each.fieldValue])),
      };
    }),
  );

const matches = (pattern: string, text: string): boolean => {
  const escaped = pattern.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${escaped}$`).test(text);
};

export const isMeant = (pattern: ObjectIdentifier, object: ObjectIdentifier): boolean =>
  pattern.group === object.group &&
  pattern.resource === object.resource &&
  matches(pattern.namespace, object.namespace) &&
  matches(pattern.name, object.name);

/** The number that a value is; undefined when it is none. */
export const numberIn = (values: Feedback['values'], name: string): number | undefined => {
  const integer = values.get(name)?.integer;
  return integer === undefined ? undefined : Number(integer);
};

export const textIn = (values: Feedback['values'], name: string): string | undefined =>
  values.get(name)?.string;
