/** What the events of one subscription are about, written `<group>.<version>.<resource>`. */
export interface DataType {
  group: string;
  version: string;
  resource: string;
}

export const actions = [
  'create_request',
  'update_request',
  'delete_request',
  'watch_request',
  'resync_request',
  'resync_response',
] as const;
export type Action = (typeof actions)[number];

/** Written `<data type>.<subresource>.<action>`. */
export interface EventType {
  dataType: DataType;
  subresource: 'spec' | 'status';
  action: Action;
}

/** The type of the events by which a server shows that a subscription lives; they carry nothing else. */
export const heartbeatType = 'io.open-cluster-management.cloudevents.heartbeat';

export const formatDataType = ({ group, version, resource }: DataType): string =>
  `${group}.${version}.${resource}`;

export const formatEventType = ({ dataType, subresource, action }: EventType): string =>
  `${formatDataType(dataType)}.${subresource}.${action}`;

/** Undefined where the text names no data type. */
export const parseDataType = (text: string): DataType | undefined => {
  const parts = text.split('.');
  const [version = '', resource = ''] = parts.slice(-2);
  const group = parts.slice(0, -2).join('.');
  return group && version && resource ? { group, version, resource } : undefined;
};

/** Undefined where the text names no type of events. */
export const parseEventType = (text: string): EventType | undefined => {
  const parts = text.split('.');
  const [subresource, action] = parts.slice(-2);
  const dataType = parseDataType(parts.slice(0, -2).join('.'));
  const known = actions.find((each) => each === action);
  if (!dataType || !known || (subresource !== 'spec' && subresource !== 'status')) return undefined;
  return { dataType, subresource, action: known };
};
