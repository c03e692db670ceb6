import { readFile } from 'node:fs/promises';

/** Every request but those for Events, with who did what to which object and the answer's code. */
export const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
  - level: None
    resources: [{ group: "", resources: [events] }, { group: events.k8s.io, resources: [events] }]
  - level: None
    nonResourceURLs: ["/healthz*", "/readyz*", "/livez*"]
  - level: Metadata
`;

/** The part of an audit.k8s.io/v1 Event that tests look at. */
export interface AuditEvent {
  auditID: string;
  stage: string;
  verb: string;
  requestURI: string;
  user: { username: string; groups?: string[] };
  userAgent?: string;
  objectRef?: {
    apiGroup?: string;
    apiVersion?: string;
    resource: string;
    subresource?: string;
    namespace?: string;
    name?: string;
  };
  responseStatus?: { code: number };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
}

/** The events of an audit log. A last line that is still being written is left out. */
export const parseAuditLog = (text: string): AuditEvent[] =>
  text
    .slice(0, text.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as AuditEvent);

export const readAuditLog = async (path: string): Promise<AuditEvent[]> =>
  parseAuditLog(await readFile(path, 'utf8'));

const writing = new Set(['create', 'update', 'patch', 'delete', 'deletecollection']);

/** Requests that are made with POST but store nothing. */
const isQuestion = ({ objectRef }: AuditEvent): boolean =>
  objectRef?.apiGroup === 'authentication.k8s.io' ||
  objectRef?.apiGroup === 'authorization.k8s.io' ||
  objectRef?.subresource === 'token';

const isOfLease = ({ objectRef }: AuditEvent): boolean => objectRef?.resource === 'leases';

const isWrite = (event: AuditEvent): boolean =>
  writing.has(event.verb) && !isQuestion(event) && (event.responseStatus?.code ?? 0) < 400;

/** The successful writes among audit events, without the renewal of leases. */
export const writesOf = (events: readonly AuditEvent[]): AuditEvent[] =>
  events.filter((event) => isWrite(event) && !isOfLease(event));

/** The successful writes of leases among audit events: what a settled cluster still shows. */
export const leaseWritesOf = (events: readonly AuditEvent[]): AuditEvent[] =>
  events.filter((event) => isWrite(event) && isOfLease(event));
