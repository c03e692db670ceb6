import { expect, test } from '@jest/globals';
import { isWorthAnotherTry } from './kubectl.ts';

const handshake = 'Unable to connect to the server: net/http: TLS handshake timeout';

test.each([
  ['get', handshake, true],
  ['patch', 'Error from server: etcdserver: request timed out', true],
  ['wait', 'error: dial tcp 127.0.0.1:6443: i/o timeout', true],
  [
    'apply',
    'error validating data: Get "https://127.0.0.1:6443/openapi/v2?timeout=32s": context deadline exceeded; if you',
    true,
  ],
  ['certificate', handshake, true],
  // It may have been heard: a second one would find that the object exists, or is gone.
  ['create', handshake, false],
  ['delete', handshake, false],
  // What the server says of the question, and what tests of servers that are gone want to hear.
  ['get', 'Error from server (NotFound): pods "x" not found', false],
  ['get', 'The connection to the server 127.0.0.1:6443 was refused', false],
  ['wait', 'error: timed out waiting for the condition on pods/x', false],
])('kubectl %s that says "%s" is run again: %s', (verb, said, expected) => {
  expect(isWorthAnotherTry([verb, 'pods'], said)).toBe(expected);
});

test.each<[string[], boolean]>([
  [['-n', 'default', 'get', 'pods'], true],
  [['--namespace', 'get', 'create', '-f', '-'], false],
  [['--namespace=default', '--request-timeout=30s', 'get', 'pods'], true],
  [['-n', 'default', 'delete', 'pod', 'x', '--ignore-not-found'], true],
  [['-n', 'default', 'delete', 'pod', 'x'], false],
  [['exec', 'x', '--', 'get'], false],
])('kubectl %j is run again: %s', (args, expected) => {
  expect(isWorthAnotherTry(args, handshake)).toBe(expected);
});
