import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { projectRegistry } from '../../operators/api/image-registry.ts';
import { type OperatorName, renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import type { Any } from './cli/harness.ts';
import { built, copyOfTree, kustomize } from './packages/kustomize.ts';

const operators: OperatorName[] = ['cluster-manager', 'klusterlet'];
const registry = projectRegistry;
const treeOf = (operator: OperatorName): string => join(repositoryFolder, 'deploy', operator, 'config');
const named = (objects: Any[], kind: string): Any => objects.find((object) => object.kind === kind);
const containerOf = (objects: Any[]): Any => named(objects, 'Deployment').spec.template.spec.containers[0];
const agentImageOf = (objects: Any[]): string | undefined =>
  containerOf(objects).env.find(({ name }: Any) => name === 'AGENT_IMAGE')?.value;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kustomize-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the trees of deploy/', () => {
  test.each(operators)(
    'packaging.md 42: %s has six kinds, and one Pod of an image that never changes',
    async (operator) => {
      const objects = await built(treeOf(operator));
      expect(objects.map(({ kind }): string => kind).toSorted()).toEqual([
        'ClusterRole',
        'ClusterRoleBinding',
        'CustomResourceDefinition',
        'Deployment',
        'Namespace',
        'ServiceAccount',
      ]);
      expect(named(objects, 'Deployment').spec.replicas).toBe(1);
      expect(containerOf(objects).imagePullPolicy).toBe('IfNotPresent');
      expect(containerOf(objects).image).toMatch(/:v\d+\.\d+\.\d+$/);
      expect(named(objects, 'Namespace').metadata).toEqual({
        name: 'open-cluster-management',
        ...(operator === 'klusterlet' && { annotations: { 'workload.openshift.io/allowed': 'management' } }),
      });
    },
  );

  test.each(operators)('packaging.md 20.2: %s is the operator that clusteradm installs', async (operator) => {
    const objects = (await built(treeOf(operator))).filter(({ kind }) => kind !== 'Namespace');
    const { image } = containerOf(objects);
    const rendered = renderOperator(operator, {
      namespace: 'open-cluster-management',
      image,
      replicas: 1,
      arguments: [],
    });
    const byKind = (all: Any[]): Any => Object.fromEntries(all.map((object) => [object.kind, object]));
    expect(byKind(objects)).toEqual(byKind(rendered));
  });

  test.each([
    `${registry}/registration-operator:latest=r.example/o:v9`,
    `${registry}/registration-operator:latest=r.example/o@sha256:${'0'.repeat(64)}`,
  ])(
    'packaging.md 43: `kustomize edit set image %s` sets the operator, and what it installs elsewhere',
    async (image) => {
      for (const operator of operators) {
        const copy = await copyOfTree(operator, folder);
        await kustomize(copy, 'edit', 'set', 'image', image);
        const objects = await built(copy);
        const expected = image.slice(image.indexOf('=') + 1);
        expect(containerOf(objects).image).toBe(expected);
        expect(agentImageOf(objects)).toBe(operator === 'klusterlet' ? undefined : expected);
        await rm(copy, { recursive: true });
      }
    },
  );

  test.each<[OperatorName, string, string, string, string]>([
    [
      'klusterlet',
      'bootstrap',
      'hub-kubeconfig',
      'bootstrap-hub-kubeconfig',
      'open-cluster-management-agent',
    ],
    [
      'klusterlet',
      'managedcluster',
      'external-managed-kubeconfig',
      'external-managed-kubeconfig',
      'klusterlet',
    ],
    [
      'cluster-manager',
      'cluster-manager',
      'external-hub-kubeconfig',
      'external-hub-kubeconfig',
      'cluster-manager',
    ],
  ])(
    'packaging.md 44: %s: samples/%s needs the file %s',
    async (operator, sample, file, secret, namespace) => {
      const copy = await copyOfTree(operator, folder);
      const samples = join(copy, 'samples', sample);
      await expect(built(samples)).rejects.toThrow(new RegExp(`${file}.*no such file`, 's'));
      await writeFile(join(samples, file), 'a kubeconfig');
      expect(await built(samples)).toEqual([
        {
          apiVersion: 'v1',
          kind: 'Secret',
          metadata: { name: secret, namespace },
          type: 'Opaque',
          data: { kubeconfig: Buffer.from('a kubeconfig').toString('base64') },
        },
      ]);
      await rm(copy, { recursive: true });
    },
  );

  test('the samples name images of the version that the trees install', async () => {
    for (const operator of operators) {
      const version = containerOf(await built(treeOf(operator)))
        .image.split(':')
        .at(-1);
      const [sample] = await built(join(treeOf(operator), 'samples'));
      const images = Object.entries(sample.spec).filter(([field]) => field.endsWith('magePullSpec'));
      expect(images.length).toBeGreaterThan(2);
      for (const [, image] of images) expect(image).toMatch(new RegExp(`:${version}$`));
    }
  });
});
