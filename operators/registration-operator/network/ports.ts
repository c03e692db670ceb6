/** A port as a NetworkPolicy has it; without a number it is every port. */
export interface PolicyPort {
  protocol: 'TCP';
  port?: number;
  readonly [key: string]: string | number | undefined;
}

/** Where nobody says another: API servers, by their Service and behind it. */
const usualPorts = [443, 6443];

const portsOfSchemes: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'mqtt:': 1883,
  'mqtts:': 8883,
  'ssl:': 8883,
  'socks5:': 1080,
};

/** The port of a URL or of `host:port`; undefined when it has none, or is neither. */
export const portOf = (address: string): number | undefined => {
  const url = URL.parse(address.includes('://') ? address : `tcp://${address}`);
  if (!url) return undefined;
  return url.port ? Number(url.port) : portsOfSchemes[url.protocol];
};

export const policyPorts = (ports: Iterable<number>): PolicyPort[] =>
  [...new Set(ports)].filter((port) => port > 0).map((port) => ({ protocol: 'TCP', port }));

/**
 * The ports that Pods have to reach: of API servers as usual, and of these addresses and ports, in ascending order.
 * `undefined` among them is what is not known, for which every port has to be open.
 */
export const dialledPorts = (known: readonly (string | number | undefined)[]): PolicyPort[] => {
  const ports = known.map((each) => (typeof each === 'string' ? portOf(each) : each));
  if (known.includes(undefined)) return [{ protocol: 'TCP' }];
  const found = ports.filter((port) => port !== undefined);
  return policyPorts([...usualPorts, ...found].toSorted((a, b) => a - b));
};
