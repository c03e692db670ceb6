/** What somebody can do about a manifest that is not applied, by what the API server said of it. */
const remedies: [RegExp, string][] = [
  [/exceeded quota/i, 'raise the quota of that namespace on the cluster, or ask for less'],
  [
    /not permitted|is forbidden|cannot (?:get|list|create|update|patch|delete|apply)\b/i,
    'give the right on the cluster to the work agent, or to the ServiceAccount that spec.executor names',
  ],
  [
    /no matches for kind|could not find the requested resource|the server doesn't have a resource type|is not served/i,
    'install the CRD of its kind on the cluster first, or correct its apiVersion',
  ],
  [/namespaces? "[^"]*" not found/i, 'put its Namespace into the work, before it'],
  [/admission webhook "([^"]*)" denied/i, 'correct what that webhook of the cluster refuses'],
  [/failed calling webhook/i, 'bring that webhook of the cluster back, or remove its configuration'],
  [/is immutable/i, 'delete the object on the cluster so that it is made anew, or take the change back'],
  [
    /\bconflict/i,
    'another manager owns those fields: leave them out, or force with updateStrategy ServerSideApply',
  ],
  [/being deleted|terminating/i, 'wait until the old object is gone; look at its finalizers on the cluster'],
  [/is invalid|unknown field|validation|required value/i, 'correct the manifest in the work'],
];

/** Undefined for what nobody foresaw. */
export const manifestRemedy = (message: string): string | undefined =>
  remedies.find(([pattern]) => pattern.test(message))?.[1];
