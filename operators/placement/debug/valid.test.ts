import { describe, expect, test } from '@jest/globals';
import { placementSpecSchema } from '../../api/generated/schemas.ts';
import { valid } from './valid.ts';

const constraint = { topologyKey: 'zone', topologyKeyType: 'Label' };
const groups = (clustersPerDecisionGroup: number | string): object => ({
  decisionStrategy: { groupStrategy: { clustersPerDecisionGroup } },
});
const labels = (matchLabels: Record<string, string>): object => ({
  predicates: [{ requiredClusterSelector: { labelSelector: { matchLabels } } }],
});
const wrong = (spec: unknown): string => {
  try {
    valid(placementSpecSchema, spec, 'spec');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('specs that an API server takes', () => {
  test.each<[string, object, object?]>([
    ['all that is empty', {}],
    ['a number of clusters', { numberOfClusters: 0 }],
    ['a group length as a number', groups(3)],
    ['a percentage', groups('25%')],
    ['seconds beyond what a number holds exactly', { tolerations: [{ tolerationSeconds: 2n ** 62n }] }],
    ['labels of any name', labels({ toString: 'x', zone: 'a' })],
    ['what nobody knows, left out', { numberOfClusters: 1, later: { a: 1 } }, { numberOfClusters: 1 }],
    ['null, left out', { numberOfClusters: null }, {}],
  ])('%s', (_name, spec, expected = spec) => {
    expect(valid(placementSpecSchema, spec, 'spec')).toEqual(expected);
  });
});

describe('specs that it refuses', () => {
  test.each<[string, unknown, string]>([
    ['no object', 'x', 'spec must be an object'],
    ['a list of no list', { predicates: {} }, 'spec.predicates must be a list'],
    ['an item that is null', { predicates: [null] }, 'spec.predicates[0] must be an object'],
    ['a fraction', { numberOfClusters: 1.5 }, 'spec.numberOfClusters must be an integer of 32 bits'],
    ['33 bits', { numberOfClusters: 2 ** 31 }, 'spec.numberOfClusters must be an integer of 32 bits'],
    ['no text', { clusterSets: [1] }, 'spec.clusterSets[0] must be a string'],
    ['another word', { sortBy: 'Age' }, 'spec.sortBy must be one of ClusterName, Score'],
    ['another pattern', { scoreRateLimit: '1d' }, 'spec.scoreRateLimit must match ^[0-9]+[hms]$'],
    [
      'a field that is missing',
      { prioritizerPolicy: { configurations: [{ weight: 1 }] } },
      'spec.prioritizerPolicy.configurations[0].scoreCoordinate is required',
    ],
    [
      'too much',
      { prioritizerPolicy: { configurations: [{ weight: 11, scoreCoordinate: { type: 'BuiltIn' } }] } },
      'spec.prioritizerPolicy.configurations[0].weight must not be more than 10',
    ],
    [
      'too little',
      { spreadPolicy: { spreadConstraints: [{ ...constraint, maxSkew: 0 }] } },
      'spec.spreadPolicy.spreadConstraints[0].maxSkew must not be less than 1',
    ],
    [
      'too many',
      { spreadPolicy: { spreadConstraints: Array.from({ length: 9 }, () => constraint) } },
      'spec.spreadPolicy.spreadConstraints must have no more than 8 items',
    ],
    [
      'too long',
      { tolerations: [{ value: 'x'.repeat(1025) }] },
      'spec.tolerations[0].value must have no more than 1024 characters',
    ],
  ])('%s', (_name, spec, message) => {
    expect(wrong(spec)).toBe(message);
  });
});
