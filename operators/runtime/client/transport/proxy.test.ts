import { describe, expect, test } from '@jest/globals';
import { isExempt, proxyFor } from './proxy.ts';

describe('NO_PROXY', () => {
  const cases: [server: string, noProxy: string, exempt: boolean][] = [
    ['https://api.example.com', '', false],
    ['https://api.example.com', '*', true],
    ['https://api.example.com', 'example.com', true],
    ['https://api.example.com', 'EXAMPLE.com', true],
    ['https://api.example.com.', 'example.com', true],
    ['https://example.com', 'example.com', true],
    ['https://notexample.com', 'example.com', false],
    ['https://api.example.com', '.example.com', true],
    ['https://example.com', '.example.com', false],
    ['https://api.example.com', '*.example.com', true],
    ['https://example.com', '*.example.com', false],
    ['https://api.example.com:6443', 'example.com:6443', true],
    ['https://api.example.com:6443', 'example.com:443', false],
    ['https://api.example.com', 'example.com:443', true],
    ['http://api.example.com', 'example.com:443', false],
    ['https://api.example.com', ' other.org , example.com ', true],
    ['https://api.example.com', ',,', false],
    ['https://10.1.2.3:6443', '10.1.2.3', true],
    ['https://10.1.2.3:6443', '10.1.2.3:6443', true],
    ['https://10.1.2.3:6443', '10.1.2.3:443', false],
    ['https://10.1.2.3:6443', '10.1.0.0/16', true],
    ['https://10.2.2.3:6443', '10.1.0.0/16', false],
    ['https://10.2.2.3:6443', '10.0.0.0/33', false],
    ['https://10.2.2.3:6443', '10.0.0.0/x', false],
    ['https://ten.example.com', '10.1.0.0/16', false],
    ['https://110.1.2.3', '10.1.2.3', false],
    ['https://[fd00::5]:6443', 'fd00::/8', true],
    ['https://[fd00::5]:6443', 'fd00:0::5', true],
    ['https://[fd00::5]:6443', '[fd00::5]:6443', true],
    ['https://[fd00::5]:6443', '[fd00::5]:443', false],
    ['https://[fd00::5]:6443', '10.0.0.0/8', false],
    ['https://localhost:6443', '', true],
    ['https://127.0.0.1:6443', '', true],
    ['https://[::1]:6443', '', true],
  ];
  test.each(cases)('%s with %j: %j', (server, noProxy, exempt) => {
    expect(isExempt(new URL(server), noProxy)).toBe(exempt);
  });
});

describe('the proxy of a server', () => {
  const cases: [
    server: string,
    configured: string | undefined,
    env: Record<string, string>,
    proxy: string | undefined,
  ][] = [
    ['https://api', undefined, {}, undefined],
    ['https://api', undefined, { HTTPS_PROXY: 'http://p:3128' }, 'http://p:3128/'],
    ['https://api', undefined, { https_proxy: 'http://p:3128' }, 'http://p:3128/'],
    ['https://api', undefined, { HTTPS_PROXY: 'http://p:1', https_proxy: 'http://q:1' }, 'http://p:1/'],
    ['https://api', undefined, { HTTP_PROXY: 'http://p:3128' }, undefined],
    ['http://api', undefined, { HTTP_PROXY: 'http://p:3128' }, 'http://p:3128/'],
    ['https://api', undefined, { HTTPS_PROXY: 'p:3128' }, 'http://p:3128/'],
    ['https://api', undefined, { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api' }, undefined],
    ['https://api', undefined, { HTTPS_PROXY: 'http://p:1', no_proxy: 'api' }, undefined],
    ['https://api', 'https://k:1', { HTTPS_PROXY: 'http://p:1', NO_PROXY: 'api' }, 'https://k:1/'],
    ['https://localhost', 'socks5://k:1', {}, 'socks5://k:1'],
  ];
  test.each(cases)('%s, proxy-url %j, environment %j: %j', (server, configured, env, proxy) => {
    expect(proxyFor(new URL(server), configured, env)?.href).toBe(proxy);
  });

  test('that cannot be used is named without its password', () => {
    const url = new URL('https://api');
    expect(() => proxyFor(url, 'ftp://u:s3cr3t@p', {})).toThrow(
      /^proxy-url of the kubeconfig has the scheme ftp; use/,
    );
    expect(() => proxyFor(url, undefined, { HTTPS_PROXY: 'http://u:s3cr3t@:x' })).toThrow(
      /^HTTPS_PROXY or HTTP_PROXY is not a URL$/,
    );
  });
});
