import { describe, expect, test } from '@jest/globals';
import type { ClusterManager, Klusterlet } from '../api/generated/operator.ts';
import type { UnknownObject } from '../runtime/client/object.ts';
import { findBundles, inventory, loadBundles } from './bundle/index.ts';
import { nameProblem } from './clustermanager/install/name-problem.ts';
import * as hub from './clustermanager/rendering/parameters.ts';
import { modes } from './klusterlet/mode.ts';
import * as agents from './klusterlet/rendering/parameters.ts';
import { problemOf } from './klusterlet/install/spec-problem.ts';

const bundles = loadBundles(findBundles(), {
  sets: ['clustermanager', 'klusterlet'],
  supplies: { clustermanager: hub.suppliedParameters(), klusterlet: agents.suppliedParameters() },
});

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
/** What a Deployment's name must leave room for: the hash in the name of a ReplicaSet. */
const room = '-0123456789'.length;

interface Templated {
  template?: {
    metadata?: { labels?: Record<string, string> };
    spec?: { containers?: { name: string }[] };
  };
}

/** Names in an object that an API server, or a controller of Kubernetes, would refuse. */
const illegalIn = ({ kind = '', metadata, spec }: UnknownObject): string[] => {
  const { template } = (spec ?? {}) as Templated;
  const names = kind.includes('Role')
    ? []
    : [metadata.name].filter((name) =>
        ['Namespace', 'Service'].includes(kind)
          ? !label.test(name)
          : !subdomain.test(name) || name.length + (kind === 'Deployment' ? room : 0) > 253,
      );
  return [
    ...names,
    ...[metadata.namespace].filter((name) => name !== undefined && !label.test(name)),
    ...Object.values({ ...metadata.labels, ...template?.metadata?.labels }).filter(
      (value) => !labelValue.test(value),
    ),
    ...(template?.spec?.containers ?? []).map(({ name }) => name).filter((name) => !label.test(name)),
  ].map((name) => `${kind} ${metadata.name}: ${name}`);
};

const tls = { minVersion: 'VersionTLS12', cipherSuites: [] };

describe('with the longest names that are taken, all names in all objects of all bundles are legal', () => {
  test.each(modes.flatMap((mode) => [[mode, 'k'.repeat(63)] as const, [mode, '0-k'] as const]))(
    'a Klusterlet of mode %s named %s',
    (mode, name) => {
      const klusterlet: Klusterlet = {
        metadata: { name },
        spec: {
          registrationImagePullSpec: 'r',
          workImagePullSpec: 'w',
          imagePullSpec: 's',
          namespace: `open-cluster-management-${'n'.repeat(33)}`,
          deployOption: { mode },
        },
      };
      expect(problemOf(klusterlet, [])).toBeUndefined();
      const objects = inventory(
        bundles,
        'klusterlet',
        agents.renderInput(klusterlet, agents.nothingObserved(mode)),
      );
      expect(objects.length).toBeGreaterThan(10);
      expect(objects.flatMap(({ object }) => illegalIn(object))).toEqual([]);
    },
  );

  test.each(['Default', 'Hosted'] as const)('a ClusterManager of mode %s', (mode) => {
    const clusterManager: ClusterManager = {
      metadata: { name: 'c'.repeat(38) },
      spec: { deployOption: { mode } },
    };
    expect(nameProblem(clusterManager)).toBeUndefined();
    const input = hub.renderInput(clusterManager, hub.nothingObserved('open-cluster-management', tls));
    const objects = inventory(bundles, 'clustermanager', input);
    expect(objects.length).toBeGreaterThan(10);
    expect(objects.flatMap(({ object }) => illegalIn(object))).toEqual([]);
  });
});
