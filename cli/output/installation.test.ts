import { describe, expect, test } from '@jest/globals';
import type { CustomResourceDefinition, Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { crdLine, deploymentLine, relatedCrds } from './installation.ts';

const deployment = (status: object): Deployment =>
  ({
    metadata: { name: 'd' },
    spec: {
      replicas: 3,
      template: {
        spec: {
          containers: [
            { name: 'sidecar', image: 'r/sidecar:1' },
            { name: 'main', image: 'r/main:2' },
          ],
        },
      },
    },
    status,
  }) as unknown as Deployment;

describe('deploymentLine (cli.md 67)', () => {
  test.each([
    ['main', { availableReplicas: 2 }, ['  Agent:\t(2/3) r/main:2']],
    ['none', {}, ['  Agent:\t(0/3) r/sidecar:1']],
  ])('container %s, status %j', (container, status, lines) => {
    expect(deploymentLine('  ', 'Agent', deployment(status), container)).toEqual(lines);
  });

  test('a Deployment that is not there prints nothing', () => {
    expect(deploymentLine('  ', 'Agent', undefined)).toEqual([]);
  });
});

describe('crdLine (cli.md 67)', () => {
  const crd = (...versions: { name: string; served: boolean; storage: boolean }[]) =>
    ({ spec: { versions } }) as unknown as CustomResourceDefinition;

  test('the versions served, the stored one with a star', () => {
    const object = crd(
      { name: 'v1', served: true, storage: false },
      { name: 'v1beta1', served: false, storage: false },
      { name: 'v1beta2', served: true, storage: true },
    );
    expect(crdLine('x.y', object)).toBe('    (installed) x.y [v1|*v1beta2]');
  });

  test('absent', () => {
    expect(crdLine('x.y', undefined)).toBe('    (absent) x.y []');
  });
});

test('CRDs among related resources', () => {
  expect(
    relatedCrds([
      { group: 'apps', resource: 'deployments', namespace: 'n', name: 'd' },
      { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions', name: 'x.y' },
    ]),
  ).toEqual(['x.y']);
});
