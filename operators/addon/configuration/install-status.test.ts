import { describe, expect, test } from '@jest/globals';
import type { ClusterManagementAddOn } from '../../api/generated/addon.ts';
import { config, hashed, managementAddon, reference } from './fixture.ts';
import { installStatus, isInstallStatusCurrent } from './install-status.ts';

const addon = (spec: ClusterManagementAddOn['spec'], rest: Partial<ClusterManagementAddOn> = {}) => ({
  metadata: { name: 'a' },
  spec,
  ...rest,
});
const placements = (...configs: ReturnType<typeof config>[][]) => ({
  type: 'Placements' as const,
  placements: configs.map((each, at) => ({ name: `p${at}`, namespace: 'n', configs: each })),
});
const namesIn = (references: { resource: string; desiredConfig?: { name: string } }[] = []) =>
  references.map(({ resource, desiredConfig }) => `${resource}/${desiredConfig?.name}`);
const progressions = (spec: ClusterManagementAddOn['spec']) =>
  installStatus(addon(spec)).installProgressions?.map(({ configReferences }) => namesIn(configReferences));
const sentinel = config('__reserved_no_default__');

describe('installation status', () => {
  test('addon.md 28: Manual without configurations', () => {
    expect(installStatus(addon({}))).toEqual({ defaultConfigReferences: [], installProgressions: [] });
    expect(isInstallStatusCurrent(addon({}))).toBe(true); // nothing is to be said
    expect(isInstallStatusCurrent(addon({ defaultConfigs: [config('x')] }))).toBe(false);
    expect(isInstallStatusCurrent(addon({ installStrategy: placements([]) }))).toBe(false);
  });

  test('addon.md 29: defaults without the unnamed and those that stand for none', () => {
    const spec = { defaultConfigs: [config('x'), config('', 'others'), { ...sentinel, resource: 'third' }] };
    expect(installStatus(addon(spec)).defaultConfigReferences).toEqual([
      { group: 'g', resource: 'configs', desiredConfig: { namespace: 'n', name: 'x' } },
    ]);
  });

  test('addon.md 30: a placement replaces defaults of the same kind, and may have several', () => {
    expect(
      progressions({
        defaultConfigs: [config('x'), config('y', 'others')],
        installStrategy: placements([config('2'), config('1')], []),
      }),
    ).toEqual([
      ['configs/2', 'configs/1', 'others/y'],
      ['configs/x', 'others/y'],
    ]);
  });

  test('addon.md 31: one that stands for none is in no progression, wherever it was written', () => {
    expect(progressions({ defaultConfigs: [sentinel], installStrategy: placements([], [sentinel]) })).toEqual(
      [[], []],
    );
  });

  const before = managementAddon(['x'], [{ references: ['x'] }]);
  const progression = before.status!.installProgressions![0]!;
  const history = {
    lastAppliedConfig: hashed('x'),
    lastKnownGoodConfig: hashed('x'),
  };
  const withHistory: ClusterManagementAddOn = {
    ...before,
    status: {
      ...before.status,
      installProgressions: [
        {
          ...progression,
          configReferences: [{ ...reference('x'), ...history }],
          conditions: [
            {
              type: 'Progressing',
              status: 'False',
              reason: 'Completed',
              message: '',
              lastTransitionTime: 't',
            },
          ],
        },
      ],
    },
  };

  test('addon.md 32: what is unchanged is kept, pass after pass', () => {
    let current = withHistory;
    for (let pass = 0; pass < 100; pass++) current = { ...current, status: installStatus(current) };
    expect(current.status).toEqual(withHistory.status);
    expect(isInstallStatusCurrent(current)).toBe(true);
  });

  test('addon.md 32: with other references history ends, and a hash that is known stays', () => {
    const spec = { ...withHistory.spec, defaultConfigs: [config('x'), config('y', 'others')] };
    expect(installStatus({ ...withHistory, spec }).installProgressions).toEqual([
      {
        name: 'p',
        namespace: 'n',
        configReferences: [
          { group: 'g', resource: 'configs', desiredConfig: hashed('x') },
          { group: 'g', resource: 'others', desiredConfig: hashed('y', '') },
        ],
      },
    ]);
  });

  test('addon.md 33: of an add-on that manages itself, only the defaults', () => {
    const own = {
      ...withHistory,
      metadata: {
        ...withHistory.metadata,
        annotations: { 'addon.open-cluster-management.io/lifecycle': 'self' },
      },
      spec: { ...withHistory.spec, defaultConfigs: [config('y')] },
    };
    expect(installStatus(own)).toEqual({
      defaultConfigReferences: [{ group: 'g', resource: 'configs', desiredConfig: hashed('y', '') }],
      installProgressions: withHistory.status!.installProgressions,
    });
  });
});
