import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import type { Condition } from '../../runtime/client/object.ts';
import { addonOn, config, now, reference } from '../configuration/fixture.ts';
import { progressOf, statusAfterProgress } from './progress.ts';
import { deployingWorks, workIndexes } from '../../addon-framework/works/kept.ts';

const lastTransitionTime = '2026-01-01T00:00:00Z';
const condition = (
  type: string,
  status: Condition['status'] = 'True',
  observedGeneration?: number,
): Condition => ({
  type,
  status,
  reason: 'x',
  message: 'why',
  lastTransitionTime,
  ...(observedGeneration && { observedGeneration }),
});

const hashes = '{"configs.g/n/x":"hash-x"}';
const work = (
  conditions: Condition[] = [condition('Applied', 'True', 2), condition('Available', 'True', 2)],
  written: string | undefined = hashes,
): ManifestWork => ({
  metadata: {
    name: 'addon-a-deploy-0',
    namespace: 'c1',
    generation: 2,
    annotations: written === undefined ? {} : { 'open-cluster-management.io/config-spec-hash': written },
  },
  status: { conditions },
});

interface Given {
  hosting?: string;
  conditions?: Condition[];
  works?: ManifestWork[];
  configs?: ReturnType<typeof config>[];
}

const addonWith = ({ hosting, conditions = [condition('ManifestApplied')], configs }: Given) => {
  const addon = addonOn('c1', {
    references: [reference('x')],
    ...(configs && { configs, supported: ['configs'] }),
  });
  const annotations: Record<string, string> =
    hosting === undefined ? {} : { 'addon.open-cluster-management.io/hosting-cluster-name': hosting };
  return { ...addon, metadata: { ...addon.metadata, annotations }, status: { ...addon.status, conditions } };
};

const applied = condition('Applied', 'True', 2);
const isNotReady = 'True Progressing progressing... work is not ready';

describe('progress of an add-on', () => {
  test.each<[string, Given, string]>([
    [
      '19: manifests are not applied',
      { conditions: [], works: [work()] },
      'False WaitingForManifestApplied Waiting for ManagedClusterAddOn ManifestApplied condition',
    ],
    [
      '19: hosted manifests are not applied',
      { hosting: 'h', works: [work()] },
      'False WaitingForHostingManifestApplied Waiting for ManagedClusterAddOn HostingManifestApplied condition',
    ],
    ['20: no works', { works: [] }, 'True Progressing progressing... no addon works'],
    [
      '20: hosted, no works',
      { hosting: 'h', conditions: [condition('ManifestApplied'), condition('HostingManifestApplied')] },
      'True Progressing progressing... no addon works',
    ],
    [
      '21: another hash',
      { works: [work(undefined, '{"configs.g/n/x":"old"}')] },
      'True Progressing progressing... mca and work configs mismatch',
    ],
    [
      '21: no hash',
      { works: [work(undefined, '{}')] },
      'True Progressing progressing... mca and work configs mismatch',
    ],
    ['22: nothing is known', { works: [work([])] }, isNotReady],
    ['22: not available', { works: [work([applied, condition('Available', 'False', 2)])] }, isNotReady],
    ['22: available before', { works: [work([applied, condition('Available', 'True', 1)])] }, isNotReady],
    [
      '22: applied before',
      { works: [work([condition('Applied', 'False', 1), condition('Available', 'True', 2)])] },
      isNotReady,
    ],
    ['22: one of two', { works: [work(), work([])] }, isNotReady],
    [
      '40 (A18): not applied',
      { works: [work(), work([condition('Applied', 'False', 2)])] },
      'False Failed ManifestWork c1/addon-a-deploy-0 is not applied: why',
    ],
    ['23: all is done', { works: [work(), work()] }, 'False Completed completed with no errors.'],
    [
      '23: hosted, all is done',
      {
        hosting: 'h',
        conditions: [condition('ManifestApplied'), condition('HostingManifestApplied')],
        works: [work()],
      },
      'False Completed completed with no errors.',
    ],
    [
      '25: a configuration that it does not support, though works are fine',
      { works: [work()], configs: [config('x'), config('y', 'unknown')] },
      'False ConfigurationUnsupported Configuration with gvr g/unknown is not supported for this addon',
    ],
  ])('addon.md %s', (_, given, expected) => {
    const { status, reason, message } = progressOf(addonWith(given), given.works ?? []);
    expect(`${status} ${reason} ${message}`).toBe(expected);
  });

  test('addon.md 27: without references, works without an annotation', () => {
    const addon = addonOn('c1');
    const progress = progressOf({ ...addon, status: { conditions: [condition('ManifestApplied')] } }, [
      { ...work(), metadata: { ...work().metadata, annotations: undefined } },
    ]);
    expect(progress.reason).toBe('Completed');
  });

  test('addon.md 23: what is desired was applied once all is done, and not before', () => {
    const addon = addonWith({});
    const after = (works: ManifestWork[]) => statusAfterProgress(addon.status, progressOf(addon, works), now);
    expect(after([work()]).configReferences).toEqual([reference('x', { applied: 'x' })]);
    expect(after([work([])]).configReferences).toEqual([reference('x')]);
    const odd = { conditions: [], configReferences: [{ resource: 'configs' }] };
    const done = { type: 'Progressing', status: 'False' as const, reason: 'Completed', message: '' };
    expect(statusAfterProgress(odd, done, now).configReferences).toEqual([{ resource: 'configs' }]);
  });
});

describe('works of an add-on', () => {
  const named = (name: string, namespace: string, addonNamespace?: string): ManifestWork => ({
    metadata: {
      name,
      namespace,
      labels: {
        'open-cluster-management.io/addon-name': 'a',
        ...(addonNamespace && { 'open-cluster-management.io/addon-namespace': addonNamespace }),
      },
    },
  });
  const all = [
    named('addon-a-deploy-0', 'c1'),
    named('addon-a-pre-delete', 'c1'),
    named('addon-a-deploy-hosting-c1-0', 'h', 'c1'),
    named('addon-a-pre-delete-hosting-c1', 'h', 'c1'),
    named('addon-a-deploy-hosting-c1-0', 'former', 'c1'),
    named('addon-a-deploy-0', 'h'),
    named('addon-a-deploy-hosting-h-0', 'c1', 'h'),
  ];
  const worksOf = (namespace: string, hosting?: string): string[] => {
    const annotations: Record<string, string> = hosting
      ? { 'addon.open-cluster-management.io/hosting-cluster-name': hosting }
      : {};
    const metadata = { name: 'a', namespace, annotations };
    const own = all.filter((each) => workIndexes.addon(each).includes(`${namespace}/a`));
    return deployingWorks({ metadata, spec: {} }, own).map(
      (each) => `${each.metadata.namespace}/${each.metadata.name}`,
    );
  };

  test('addon.md 24, 26: those on its cluster, without hooks and without those that it hosts for others', () => {
    expect(worksOf('c1')).toEqual(['c1/addon-a-deploy-0']);
    expect(worksOf('h')).toEqual(['h/addon-a-deploy-0']);
  });

  test('addon.md 24: in Hosted mode those on the hosting cluster too', () => {
    expect(worksOf('c1', 'h')).toEqual(['c1/addon-a-deploy-0', 'h/addon-a-deploy-hosting-c1-0']);
  });
});
