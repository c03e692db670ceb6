import { describe, expect, test } from '@jest/globals';
import { channels, channelsOf, type Edges, entriesOf, type Release, type Withdrawn } from './edges.ts';

const release = (version: string, upgradesFrom = ''): Release => ({ version, upgradesFrom });
const chain = [release('1.0.0'), release('1.1.0', '>=1.0.0 <1.1.0'), release('1.2.0', '>=1.0.0 <1.2.0')];

describe('entries of a channel', () => {
  interface Case {
    row: string;
    releases: Release[];
    withdrawn: Withdrawn;
    entries: Edges[];
  }

  test.each<Case>([
    {
      row: 'packaging.md 15.3: each version replaces the one before it, and says who may come straight to it',
      releases: chain,
      withdrawn: {},
      entries: [
        { name: 'p.v1.0.0' },
        { name: 'p.v1.1.0', replaces: 'p.v1.0.0', skipRange: '>=1.0.0 <1.1.0' },
        { name: 'p.v1.2.0', replaces: 'p.v1.1.0', skipRange: '>=1.0.0 <1.2.0' },
      ],
    },
    {
      row: 'packaging.md 61: what is withdrawn is skipped, and stays an entry so that who has it gets on',
      releases: chain,
      withdrawn: { '1.1.0': 'It lost works.' },
      entries: [
        { name: 'p.v1.0.0' },
        { name: 'p.v1.1.0', replaces: 'p.v1.0.0', skipRange: '>=1.0.0 <1.1.0' },
        { name: 'p.v1.2.0', replaces: 'p.v1.0.0', skips: ['p.v1.1.0'], skipRange: '>=1.0.0 <1.2.0' },
      ],
    },
    {
      row: 'packaging.md 61: what is withdrawn and has nothing behind it is offered to nobody',
      releases: chain,
      withdrawn: { '1.2.0': 'It does not start.' },
      entries: [
        { name: 'p.v1.0.0' },
        { name: 'p.v1.1.0', replaces: 'p.v1.0.0', skipRange: '>=1.0.0 <1.1.0' },
      ],
    },
    {
      row: 'packaging.md 61: a first version that is withdrawn is skipped as well',
      releases: chain.slice(0, 2),
      withdrawn: { '1.0.0': 'It lost works.' },
      entries: [
        { name: 'p.v1.0.0' },
        { name: 'p.v1.1.0', skips: ['p.v1.0.0'], skipRange: '>=1.0.0 <1.1.0' },
      ],
    },
    {
      row: 'packaging.md 15.3: versions are in order of their numbers, not of their letters',
      releases: [release('0.10.0', '>=0.9.0 <0.10.0'), release('0.9.0')],
      withdrawn: {},
      entries: [
        { name: 'p.v0.9.0' },
        { name: 'p.v0.10.0', replaces: 'p.v0.9.0', skipRange: '>=0.9.0 <0.10.0' },
      ],
    },
  ] satisfies Case[])('$row', ({ releases, withdrawn, entries }: Case) => {
    expect(entriesOf('p', releases, withdrawn)).toEqual(entries);
  });

  test('packaging.md 92: nobody is left behind when a version between is withdrawn', () => {
    const stepByStep = [release('0.1.0'), release('0.2.0', '>=0.1.0 <0.2.0'), release('0.3.0', '>=0.2.0 <0.3.0')];
    expect(() => entriesOf('p', stepByStep, { '0.2.0': 'It lost works.' })).toThrow(
      'p.v0.3.0 upgrades from >=0.2.0 <0.3.0, which leaves p.v0.1.0 no way to it',
    );
  });
});

describe('channels', () => {
  const releases = [...chain, release('1.3.0-rc.1', '>=1.0.0 <1.3.0')];
  const namesOf = (withdrawn = {}) =>
    Object.fromEntries(
      channels('p', releases, withdrawn).map(({ name, entries }) => [name, entries.map((entry) => entry.name)]),
    );

  test('packaging.md 15.1: stable has releases, candidate all, and a minor version what leads to its last patch', () => {
    expect(namesOf()).toEqual({
      stable: ['p.v1.0.0', 'p.v1.1.0', 'p.v1.2.0'],
      'stable-v1.0': ['p.v1.0.0'],
      'stable-v1.1': ['p.v1.0.0', 'p.v1.1.0'],
      'stable-v1.2': ['p.v1.0.0', 'p.v1.1.0', 'p.v1.2.0'],
      candidate: ['p.v1.0.0', 'p.v1.1.0', 'p.v1.2.0', 'p.v1.3.0-rc.1'],
    });
  });

  test('packaging.md 61: no channel ends with what is withdrawn', () => {
    expect(namesOf({ '1.2.0': 'It does not start.' })).toMatchObject({
      stable: ['p.v1.0.0', 'p.v1.1.0'],
      'stable-v1.1': ['p.v1.0.0', 'p.v1.1.0'],
    });
    expect(namesOf({ '1.2.0': 'It does not start.' })).not.toHaveProperty('stable-v1.2');
  });

  test.each([
    ['1.2.3', ['stable', 'stable-v1.2', 'candidate']],
    ['1.2.3-rc.1', ['candidate']],
  ])('packaging.md, section 12: bundle %s names channels that the validators know', (version, names) => {
    expect(channelsOf(version)).toEqual(names);
  });
});
