import { describe, expect, test } from '@jest/globals';
import { deployments, networkPolicies } from '../../runtime/client/kubernetes.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import { findBundles, loadBundles } from '../bundle/index.ts';
import { denyFirst, gateWithoutEffect, mayHavePolicies } from './policies.ts';

const bundles = loadBundles(findBundles(), { sets: ['klusterlet'] });
const gates = (mode: string) => [{ feature: 'NetworkPolicies', mode }];
const image = (tag: string) => `registry.example/work:${tag}`;

describe('the gate without an effect', () => {
  test.each<[string, string, (string | undefined)[], string[]]>([
    ['images of before', 'Enable', [image('v0.2.0'), image('v0.2.0')], ['NetworkPolicies']],
    ['one image of before', 'Enable', [image('v0.2.0'), image('v0.3.0')], []],
    ['new images', 'Enable', [image('v0.3.0')], []],
    ['images whose tags say nothing', 'Enable', [image('latest'), undefined], []],
    ['the gate closed', 'Disable', [image('v0.2.0')], []],
  ])('%s', (_, mode, images, expected) => {
    expect(gateWithoutEffect(gates(mode), bundles, 'klusterlet', images)).toEqual(expected);
  });
});

describe('whether there may be policies', () => {
  const listed = [{ resource: 'networkpolicies' }];
  test.each<[string, boolean, Parameters<typeof mayHavePolicies>]>([
    ['the gate is on', true, [gates('Enable'), [], false]],
    ['status lists some', true, [gates('Disable'), listed, false]],
    ['the operator may look', true, [undefined, undefined, true]],
    ['a role of before, which never had any', false, [undefined, [{ resource: 'deployments' }], false]],
  ])('%s: %s', (_, expected, args) => {
    expect(mayHavePolicies(...args)).toBe(expected);
  });
});

test('since-1.3.1.md 14: what denies goes first, and all else keeps its order', () => {
  const of = (name: string, resource: Resource = networkPolicies) => ({ ref: { name, resource } });
  const other = of('default-deny-all', deployments);
  const entries = [of('allow-egress'), other, of('default-deny-all'), of('klusterlet')];
  expect(denyFirst(entries)).toEqual([of('default-deny-all'), of('allow-egress'), other, of('klusterlet')]);
});
