import { perSize, sizeOfResult } from '../evaluate/call.ts';
import { declare, global, member } from '../library/declare.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { Failure, Opaque, type Value, failed } from '../values/value.ts';
import {
  type Address,
  addressText,
  isGlobalUnicast,
  isLinkLocalMulticast,
  isLinkLocalUnicast,
  isLoopback,
  isMapped,
  isUnspecified,
  masked,
  parseAddress,
  widthOf,
} from './address.ts';

export const ipType = t.opaque('net.IP');
export const cidrType = t.opaque('net.CIDR');

/** An IP address. */
export class Ip extends Opaque {
  override readonly type = ipType;
  readonly address: Address;

  constructor(address: Address) {
    super();
    this.address = address;
  }

  override equals({ address }: Ip): boolean {
    return this.address.family === address.family && this.address.bits === address.bits;
  }

  override size(): number {
    return widthOf(this.address) / 8;
  }

  override text(): string {
    return addressText(this.address);
  }
}

/** A network: an address, of which the first bits count. */
export class Cidr extends Opaque {
  override readonly type = cidrType;
  readonly ip: Ip;
  readonly length: number;

  constructor(ip: Ip, length: number) {
    super();
    this.ip = ip;
    this.length = length;
  }

  override equals(other: Cidr): boolean {
    return this.ip.equals(other.ip) && this.length === other.length;
  }

  override size(): number {
    return Math.ceil(this.length / 8);
  }

  override text(): string {
    return `${this.ip.text()}/${this.length}`;
  }

  contains({ address }: Ip): boolean {
    const own = this.ip.address;
    return (
      address.family === own.family && masked(address, this.length).bits === masked(own, this.length).bits
    );
  }
}

const readIp = (text: string): Ip | Failure => {
  const address = parseAddress(text);
  if (!address) return new Failure(`IP Address ${JSON.stringify(text)} cannot be read`);
  return isMapped(address)
    ? new Failure(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
    : new Ip(address);
};

const readCidr = (text: string): Cidr | Failure => {
  const slash = text.lastIndexOf('/');
  const length = text.slice(slash + 1);
  const address = slash < 0 ? undefined : parseAddress(text.slice(0, slash));
  if (!address || !/^(?:0|[1-9]\d{0,2})$/.test(length) || Number(length) > widthOf(address))
    return new Failure(`network address ${JSON.stringify(text)} cannot be read`);
  return isMapped(address)
    ? new Failure(`IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`)
    : new Cidr(new Ip(address), Number(length));
};

const perLength: CostOf = ([text]) => perSize(0.1, sizeOfResult(text!));
const nominal: CostOf = () => 1;

const containingIp: CostOf = ([cidr, other], _, overload) => {
  const size = sizeOfResult(cidr!);
  const parsed = overload?.id === 'cidr_contains_ip_string' ? perSize(0.1, sizeOfResult(other!)) : 0;
  return perSize(0.1, size, size) + parsed;
};

const containingCidr: CostOf = ([cidr, other], _, overload) => {
  const size = sizeOfResult(cidr!);
  const parsed = overload?.id === 'cidr_contains_cidr_string' ? perSize(0.1, sizeOfResult(other!)) : 0;
  return perSize(0.1, size, size) + perSize(0.1, size) + 1 + parsed;
};

const onIp =
  (run: (ip: Ip) => Value): Run =>
  ([ip]) =>
    run(ip as Ip);

const onCidr =
  (run: (cidr: Cidr) => Value): Run =>
  ([cidr]) =>
    run(cidr as Cidr);

const ask = (name: string, id: string, is: (address: Address) => boolean): FunctionDeclaration =>
  declare(
    name,
    [
      member(
        id,
        [ipType],
        t.bool,
        onIp(({ address }) => is(address)),
      ),
    ],
    { cost: nominal },
  );

const containsIp: Run = ([cidr, other]) => {
  const ip = typeof other === 'string' ? readIp(other) : (other as Ip);
  return failed(ip) ? ip : (cidr as Cidr).contains(ip);
};

const containsCidr: Run = ([cidr, other]) => {
  const inner = typeof other === 'string' ? readCidr(other) : (other as Cidr);
  if (failed(inner)) return inner;
  return (cidr as Cidr).length <= inner.length && (cidr as Cidr).contains(inner.ip);
};

const isCanonical: Run = ([text]) => {
  const ip = readIp(text as string);
  return failed(ip) ? ip : ip.text() === text;
};

/** The IP and CIDR libraries of Kubernetes. */
export const networks: readonly FunctionDeclaration[] = [
  declare(
    'ip',
    [
      global('string_to_ip', [t.string], ipType, ([text]) => readIp(text as string)),
      member(
        'cidr_ip',
        [cidrType],
        ipType,
        onCidr(({ ip }) => ip),
      ),
    ],
    {
      cost: (args, result, overload) => (overload?.id === 'cidr_ip' ? 1 : perLength(args, result, overload)),
    },
  ),
  declare('isIP', [global('is_ip', [t.string], t.bool, ([text]) => !failed(readIp(text as string)))], {
    cost: perLength,
  }),
  declare('ip.isCanonical', [global('ip_is_canonical', [t.string], t.bool, isCanonical)], {
    cost: ([text]) => perSize(0.2, sizeOfResult(text!)),
  }),
  declare(
    'family',
    [
      member(
        'ip_family',
        [ipType],
        t.int,
        onIp(({ address }) => BigInt(address.family)),
      ),
    ],
    {
      cost: nominal,
    },
  ),
  ask('isUnspecified', 'ip_is_unspecified', isUnspecified),
  ask('isLoopback', 'ip_is_loopback', isLoopback),
  ask('isLinkLocalMulticast', 'ip_is_link_local_multicast', isLinkLocalMulticast),
  ask('isLinkLocalUnicast', 'ip_is_link_local_unicast', isLinkLocalUnicast),
  ask('isGlobalUnicast', 'ip_is_global_unicast', isGlobalUnicast),
  declare('cidr', [global('string_to_cidr', [t.string], cidrType, ([text]) => readCidr(text as string))], {
    cost: perLength,
  }),
  declare('isCIDR', [global('is_cidr', [t.string], t.bool, ([text]) => !failed(readCidr(text as string)))], {
    cost: perLength,
  }),
  declare(
    'containsIP',
    [
      member('cidr_contains_ip_string', [cidrType, t.string], t.bool, containsIp),
      member('cidr_contains_ip_ip', [cidrType, ipType], t.bool, containsIp),
    ],
    { cost: containingIp },
  ),
  declare(
    'containsCIDR',
    [
      member('cidr_contains_cidr_string', [cidrType, t.string], t.bool, containsCidr),
      member('cidr_contains_cidr', [cidrType, cidrType], t.bool, containsCidr),
    ],
    { cost: containingCidr },
  ),
  declare(
    'prefixLength',
    [
      member(
        'cidr_prefix_length',
        [cidrType],
        t.int,
        onCidr(({ length }) => BigInt(length)),
      ),
    ],
    {
      cost: nominal,
    },
  ),
  declare(
    'masked',
    [
      member(
        'cidr_masked',
        [cidrType],
        cidrType,
        onCidr(({ ip, length }) => new Cidr(new Ip(masked(ip.address, length)), length)),
      ),
    ],
    { cost: nominal },
  ),
  declare('string', [
    global(
      'ip_to_string',
      [ipType],
      t.string,
      onIp((ip) => ip.text()),
    ),
    global(
      'cidr_to_string',
      [cidrType],
      t.string,
      onCidr((cidr) => cidr.text()),
    ),
  ]),
];
