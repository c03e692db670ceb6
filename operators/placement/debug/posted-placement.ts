import { type Placement, placements } from '../../api/generated/cluster.ts';
import { placementSpecSchema } from '../../api/generated/schemas.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';
import { dnsLabelProblem, dnsSubdomainProblem } from '../../runtime/client/legal-name.ts';
import { HttpError } from '../../runtime/process/serving/http.ts';
import { type Schema, valid } from './valid.ts';

const texts: Schema = { type: 'object', additionalProperties: { type: 'string' } };
const schema: Schema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string', enum: [`${placements.group}/${placements.version}`] },
    kind: { type: 'string', enum: [placements.kind] },
    metadata: {
      type: 'object',
      properties: {
        name: { type: 'string' },
        namespace: { type: 'string' },
        labels: texts,
        annotations: texts,
      },
    },
    spec: placementSpecSchema,
  },
};

const unread = (cause: unknown): HttpError =>
  new HttpError(400, `failed to unmarshal placement JSON: ${(cause as Error).message}`);

/** What is wrong with a key that no Placement can have. */
const nameProblem = ({ name, namespace = '' }: Placement['metadata']): string | undefined => {
  const wrongNamespace = dnsLabelProblem(namespace);
  if (wrongNamespace !== undefined) return `metadata.namespace ${wrongNamespace}`;
  const wrongName = dnsSubdomainProblem(name);
  return wrongName === undefined ? undefined : `metadata.name ${wrongName}`;
};

/**
 * The Placement that a body holds, as an API server would take it, without status and all of its metadata that decides
 * nothing.
 * @throws HttpError 400 when it holds none, or one without name or namespace
 */
export const placementOf = (body: string): Placement => {
  let placement: Partial<Placement>;
  try {
    const value = parseJson(body);
    if (!isMap(value)) throw new Error('it is no object');
    placement = valid(schema, value, 'placement') as Partial<Placement>;
  } catch (error) {
    throw unread(error);
  }
  const { metadata, spec = {} } = placement;
  if (!metadata?.namespace || !metadata.name)
    throw new HttpError(400, 'invalid placement: metadata.namespace and metadata.name are required');
  const problem = nameProblem(metadata);
  if (problem !== undefined) throw new HttpError(400, `invalid placement: ${problem}`);
  return { metadata, spec };
};
