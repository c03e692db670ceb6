import { describe, expect, test } from '@jest/globals';
import { differences } from './differences.ts';

describe('fields that differ', () => {
  const wanted = {
    metadata: { name: 'x' },
    spec: { replicas: 1, containers: [{ name: 'a', args: ['1', '2'], env: [] }], selector: { app: 'x' } },
  };
  test.each([
    ['nothing', {}, []],
    ['more than wanted', { extra: 1 }, []],
    ['a number', { replicas: 2 }, ['spec.replicas']],
    ['an argument', { containers: [{ name: 'a', args: ['1', '3'] }] }, ['spec.containers[0].args[1]']],
    ['an argument less', { containers: [{ name: 'a', args: ['1'] }] }, ['spec.containers[0].args']],
    ['another container before', { containers: [{ name: 'b' }, { name: 'a', args: ['1', '2'] }] }, []],
    ['no container', { containers: [] }, ['spec.containers']],
  ])('%s', (_, change, expected) => {
    const live = { metadata: { name: 'x' }, spec: { ...wanted.spec, ...change } };
    expect(differences(wanted, live)).toEqual(expected);
  });
});
