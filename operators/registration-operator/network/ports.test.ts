import { describe, expect, test } from '@jest/globals';
import { dialledPorts, portOf } from './ports.ts';

describe('the port of an address', () => {
  test.each<[string, number | undefined]>([
    ['https://hub.example', 443],
    ['https://hub.example:443/path', 443],
    ['https://10.0.0.1:16443', 16_443],
    ['https://[fd00::1]:8443', 8443],
    ['http://proxy.example:3128', 3128],
    ['http://proxy.example', 80],
    ['socks5://proxy.example', 1080],
    ['hub.example:8090', 8090],
    ['10.0.0.1:8090', 8090],
    ['tcp://broker.example:1883', 1883],
    ['mqtts://broker.example', 8883],
    ['hub.example', undefined],
    ['not an address', undefined],
    ['', undefined],
  ])('%s: %s', (address, port) => {
    expect(portOf(address)).toBe(port);
  });
});

describe('since-1.3.1 2.6, 3.6: the ports that Pods dial', () => {
  test.each<[string, (string | number | undefined)[], object[]]>([
    [
      'nothing known: API servers as usual',
      [],
      [
        { protocol: 'TCP', port: 443 },
        { protocol: 'TCP', port: 6443 },
      ],
    ],
    [
      'other ports beside them, each once, in order',
      ['https://hub:16443', 'https://hub:16443', 'http://proxy:3128', 6443, 8443],
      [443, 3128, 6443, 8443, 16_443].map((port) => ({ protocol: 'TCP', port })),
    ],
    ['an address without a port adds none', ['x'], [443, 6443].map((port) => ({ protocol: 'TCP', port }))],
    ['something unknown: every port', ['https://hub:16443', undefined], [{ protocol: 'TCP' }]],
  ])('%s', (_, known, ports) => {
    expect(dialledPorts(known)).toEqual(ports);
  });
});
