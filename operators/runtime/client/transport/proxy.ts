import { BlockList, isIP } from 'node:net';

type Environment = Record<string, string | undefined>;

const defaultPorts: Record<string, string> = { 'http:': '80', 'https:': '443', 'socks5:': '1080' };

export const portOf = (url: URL): number => Number(url.port || defaultPorts[url.protocol]);

/** The host without the brackets of an IPv6 address, as sockets take it. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const splitPort = (rule: string): [host: string, port: string | undefined] => {
  const match = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(rule);
  return match ? [match[1] ?? match[2] ?? '', match[3]] : [rule.replace(/^\[|\]$/g, ''), undefined];
};

const isInRange = (host: string, range: string): boolean => {
  const [network = '', bits = ''] = range.split('/');
  const family = isIP(network);
  if (family === 0 || !/^\d{1,3}$/.test(bits) || Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, isIP(host) === 4 ? 'ipv4' : 'ipv6');
};

const matches = (rule: string, host: string, port: string): boolean => {
  if (rule === '*') return true;
  if (rule.includes('/')) return isIP(host) !== 0 && isInRange(host, rule);
  const [name, rulePort] = splitPort(rule);
  if (rulePort !== undefined && rulePort !== port) return false;
  if (isIP(name) !== 0)
    return isIP(host) === isIP(name) && new URL(urlOf(name)).hostname === new URL(urlOf(host)).hostname;
  if (name.startsWith('*.')) return host.endsWith(name.slice(1));
  if (name.startsWith('.')) return host.endsWith(name);
  return host === name || host.endsWith(`.${name}`);
};

/** A URL is the way to compare two spellings of one IPv6 address. */
const urlOf = (ip: string): string => (isIP(ip) === 6 ? `http://[${ip}]` : `http://${ip}`);

/**
 * Whether NO_PROXY exempts a server, by the rules of Go's httpproxy: hosts with their subdomains, `.suffix` and
 * `*.suffix` (subdomains only), each with an optional port, addresses, CIDR ranges, `*`; localhost always.
 */
export const isExempt = (server: URL, noProxy: string): boolean => {
  const host = hostOf(server).toLowerCase().replace(/\.$/, '');
  if (host === 'localhost' || host === '::1' || /^127\./.test(host)) return true;
  return noProxy
    .split(',')
    .map((rule) => rule.trim().toLowerCase())
    .some((rule) => rule !== '' && matches(rule, host, String(portOf(server))));
};

/**
 * The proxy to reach a server through: that of the kubeconfig, else that of the environment.
 * @throws Error when the proxy's URL cannot be used
 */
export const proxyFor = (server: URL, configured: string | undefined, env: Environment): URL | undefined => {
  const variable = (name: string) => env[name] || env[name.toLowerCase()] || undefined;
  const fromEnvironment = () => {
    const found = variable(server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY');
    return found === undefined || isExempt(server, variable('NO_PROXY') ?? '') ? undefined : found;
  };
  const source = configured ? 'proxy-url of the kubeconfig' : 'HTTPS_PROXY or HTTP_PROXY';
  const value = configured || fromEnvironment();
  if (value === undefined) return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  if (!URL.canParse(text)) throw new Error(`${source} is not a URL`);
  const url = new URL(text);
  if (!(url.protocol in defaultPorts)) {
    throw new Error(`${source} has the scheme ${url.protocol.slice(0, -1)}; use http, https or socks5`);
  }
  return url;
};
