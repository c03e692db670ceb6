import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import { bundleOf, csvIn, releases } from './bundle.ts';
import { repository } from '../repository.ts';
import { readYaml } from './files.ts';
import { packageNames } from './package.ts';

interface Deployment {
  kind: string;
  metadata: { labels: object };
  spec: { replicas: number; template: { spec: { containers: { image: string; env: { name: string }[] }[] } } };
}

interface Csv {
  install: { spec: { deployments: ({ name: string; label: object } & Pick<Deployment, 'spec'>)[] } };
  relatedImages: { name: string; image: string }[];
}

const newest = releases().at(-1)?.version ?? '';

describe.each(packageNames)('%s', (name) => {
  const { install, relatedImages } = csvIn(name, bundleOf(name, newest)).spec as unknown as Csv;
  const values = readYaml<{ replicaCount: number }>(
    readFileSync(join(repository, 'charts', name, 'values.yaml'), 'utf8'),
  );
  const objects = renderOperator(name, {
    namespace: 'open-cluster-management',
    image: relatedImages.find((image) => image.name === 'registration-operator')?.image ?? '',
    replicas: values.replicaCount,
    arguments: [],
  }) as unknown as Deployment[];
  const deployment = objects.find(({ kind }) => kind === 'Deployment') as Deployment;

  test('packaging.md 7.1, 20.2: the Deployment is the operator as it is installed otherwise, and is told its images', () => {
    const account = objects.find(({ kind }) => kind === 'ServiceAccount') as unknown as { imagePullSecrets: object[] };
    const { template } = deployment.spec;
    const variables = relatedImages.map((image) => ({
      name: `RELATED_IMAGE_${image.name.replaceAll('-', '_').toUpperCase()}`,
      value: image.image,
    }));
    const containers = template.spec.containers.map((container) => ({
      ...container,
      env: [...container.env, ...variables],
    }));
    expect(relatedImages.length).toBeGreaterThan(2);
    expect(install.spec.deployments).toEqual([
      {
        name,
        label: deployment.metadata.labels,
        spec: {
          ...deployment.spec,
          template: {
            ...template,
            spec: { ...template.spec, imagePullSecrets: account.imagePullSecrets, containers },
          },
        },
      },
    ]);
  });
});
