import { describe, expect, test } from '@jest/globals';
import { imageRegistry } from '../api/image-registry.ts';
import { agentImage, imageSettings, withAgentImages, withHubImages } from './own-images.ts';

const klusterlet = (spec: object) => ({ metadata: { name: 'k' }, spec });
const hub = (spec: object) => ({ metadata: { name: 'cluster-manager' }, spec });

const mirror = 'mirror.example:5000/ocm';
const digest = `@sha256:${'0'.repeat(64)}`;

describe('packaging.md 22: images of a resource', () => {
  test.each([
    ['that names none are those of the operator', {}, undefined, `${imageRegistry}/work:v1.2.3`],
    ['with a blank name', {}, ' ', `${imageRegistry}/work:v1.2.3`],
    ["with the API's default", {}, 'quay.io/open-cluster-management/work', `${imageRegistry}/work:v1.2.3`],
    ['that names one keep it', {}, 'r.example/work:v9', 'r.example/work:v9'],
    [
      "of upstream's releases stay upstream's",
      { IMAGE_REGISTRY: mirror },
      'quay.io/open-cluster-management/work:v1.3.1',
      'quay.io/open-cluster-management/work:v1.3.1',
    ],
    ['come from the mirror', { IMAGE_REGISTRY: mirror }, undefined, `${mirror}/work:v1.2.3`],
    ['come from it without its slash', { IMAGE_REGISTRY: `${mirror}/` }, undefined, `${mirror}/work:v1.2.3`],
    [
      'of an older version come from it',
      { IMAGE_REGISTRY: mirror },
      `${imageRegistry}/work:v1`,
      `${mirror}/work:v1`,
    ],
    [
      'by digest too',
      { IMAGE_REGISTRY: mirror },
      `${imageRegistry}/work${digest}`,
      `${mirror}/work${digest}`,
    ],
    [
      'of a registry with a longer name do not',
      { IMAGE_REGISTRY: mirror },
      `${imageRegistry}x/work`,
      `${imageRegistry}x/work`,
    ],
    [
      'are the related image',
      { RELATED_IMAGE_WORK: `r.example/w${digest}` },
      undefined,
      `r.example/w${digest}`,
    ],
    [
      'are the related image in the mirror',
      { IMAGE_REGISTRY: mirror, RELATED_IMAGE_WORK: `${imageRegistry}/work${digest}` },
      undefined,
      `${mirror}/work${digest}`,
    ],
  ])('%s', (_, env, given, expected) => {
    const images = imageSettings(env, 'v1.2.3');
    const spec = { workImagePullSpec: given };
    expect(withHubImages(images, hub(spec)).spec?.workImagePullSpec).toBe(expected);
    expect(withAgentImages(images, klusterlet(spec)).spec?.workImagePullSpec).toBe(expected);
  });

  test('each field has its component', () => {
    const images = imageSettings({}, 'v1.2.3');
    expect(withHubImages(images, hub({})).spec).toEqual({
      registrationImagePullSpec: `${imageRegistry}/registration:v1.2.3`,
      workImagePullSpec: `${imageRegistry}/work:v1.2.3`,
      placementImagePullSpec: `${imageRegistry}/placement:v1.2.3`,
      addOnManagerImagePullSpec: `${imageRegistry}/addon-manager:v1.2.3`,
    });
    expect(withAgentImages(images, klusterlet({ clusterName: 'c' })).spec).toEqual({
      clusterName: 'c',
      registrationImagePullSpec: `${imageRegistry}/registration:v1.2.3`,
      workImagePullSpec: `${imageRegistry}/work:v1.2.3`,
      imagePullSpec: `${imageRegistry}/registration-operator:v1.2.3`,
    });
  });

  test('the image of the gRPC server comes from the mirror, and nobody makes one up', () => {
    const images = imageSettings({ IMAGE_REGISTRY: mirror }, 'v1.2.3');
    const server = (imagePullSpec?: string) =>
      withHubImages(images, hub({ serverConfiguration: { imagePullSpec } })).spec?.serverConfiguration;
    expect(server(`${imageRegistry}/server:v1`)).toEqual({ imagePullSpec: `${mirror}/server:v1` });
    expect(server()).toEqual({ imagePullSpec: undefined });
  });

  test('an operator that does not know its version leaves everything as it is', () => {
    expect(withAgentImages(imageSettings({}, ''), klusterlet({})).spec?.imagePullSpec).toBeUndefined();
  });
});

test.each([
  ['AGENT_IMAGE', { AGENT_IMAGE: 'r.example/agent:1' }, 'r.example/agent:1'],
  ['the operator itself', {}, `${imageRegistry}/registration-operator:v1.2.3`],
  [
    'AGENT_IMAGE in the mirror',
    { AGENT_IMAGE: `${imageRegistry}/registration-operator:v1.2.3`, IMAGE_REGISTRY: mirror },
    `${mirror}/registration-operator:v1.2.3`,
  ],
])('packaging.md 11.3: clusters are imported with %s', (_, env, expected) => {
  expect(agentImage(imageSettings(env, 'v1.2.3'), env)).toBe(expected);
});
