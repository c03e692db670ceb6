import { describe, expect, test } from '@jest/globals';
import type { ClusterManager } from '../../../api/generated/operator.ts';
import type { Deployment } from '../../../runtime/client/kubernetes.ts';
import { clusterManager } from '../cluster-manager-fixture.ts';
import { progressCondition } from './operand-conditions.ts';
import { withOperandConditions } from './status-controller.ts';

const deploymentOf = (available: number, extra: object = {}): Deployment =>
  ({
    metadata: { name: 'd', generation: 1 },
    spec: { replicas: 2 },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: available,
      availableReplicas: available,
      ...extra,
    },
  }) as Deployment;
const good = deploymentOf(2);

describe('conditions about operands (operator.md 2.2, 4.11)', () => {
  const first = { version: '0.1.0', images: {} };
  const complete = { version: '9.0.0', images: { placement: 'p', 'addon-manager': 'a' } };
  const applied = (spec: object = {}): ClusterManager => ({
    ...clusterManager(spec),
    status: {
      conditions: [{ type: 'Applied', status: 'True', reason: 'r', message: '', lastTransitionTime: 't' }],
    },
  });
  const all: Record<string, Deployment> = {
    'registration-controller': good,
    'registration-webhook': good,
    'placement-controller': good,
    'addon-manager-controller': good,
    'addon-webhook': good,
  };
  const judge = (
    type: string,
    deployments: Record<string, Deployment | undefined>,
    bundle = complete,
    spec = {},
  ) => {
    const conditions = withOperandConditions(
      applied(spec),
      () => bundle,
      (suffix) => ({
        name: `cm-${suffix}`,
        deployment: { ...all, ...deployments }[suffix],
      }),
    );
    return conditions?.find((condition) => condition.type === type);
  };

  test.each<[string, Record<string, Deployment | undefined>, string, string, RegExp]>([
    [
      'no controller',
      { 'registration-controller': undefined },
      'True',
      'GetRegistrationDeploymentFailed',
      /cm-registration-controller does not exist/,
    ],
    [
      'no webhook',
      { 'registration-webhook': undefined },
      'True',
      'GetRegistrationDeploymentFailed',
      /cm-registration-webhook does not exist/,
    ],
    [
      'unavailable controller',
      { 'registration-controller': deploymentOf(1) },
      'True',
      'UnavailableRegistrationPod',
      /1 of 2 Pods of Deployment cm-registration-controller/,
    ],
    [
      'unavailable webhook',
      { 'registration-webhook': deploymentOf(0) },
      'True',
      'UnavailableRegistrationPod',
      /2 of 2 Pods of Deployment cm-registration-webhook/,
    ],
    [
      'both, of which the first is told',
      { 'registration-controller': deploymentOf(1), 'registration-webhook': undefined },
      'True',
      'UnavailableRegistrationPod',
      /cm-registration-controller/,
    ],
    ['all good', {}, 'False', 'RegistrationFunctional', /run as desired/],
  ])('operator.md 68: registration, %s', (_, deployments, status, reason, message) => {
    expect(judge('HubRegistrationDegraded', deployments)).toMatchObject({
      status,
      reason,
      message: expect.stringMatching(message),
      observedGeneration: 2,
    });
  });

  test.each<[string, Record<string, Deployment | undefined>, string, string]>([
    ['missing', { 'placement-controller': undefined }, 'True', 'GetPlacementDeploymentFailed'],
    ['unavailable', { 'placement-controller': deploymentOf(1) }, 'True', 'UnavailablePlacementPod'],
    ['all good', {}, 'False', 'PlacementFunctional'],
  ])('operator.md 68: placement, %s', (_, deployments, status, reason) => {
    expect(judge('HubPlacementDegraded', deployments)).toMatchObject({
      status,
      reason,
      observedGeneration: 2,
    });
  });

  const off = {
    addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }] },
  };
  test.each<[string, Record<string, Deployment | undefined>, object, string, string]>([
    ['missing', { 'addon-manager-controller': undefined }, {}, 'True', 'GetAddOnManagerDeploymentFailed'],
    [
      'unavailable',
      { 'addon-manager-controller': deploymentOf(1) },
      {},
      'True',
      'UnavailableAddOnManagerPod',
    ],
    ['all good', {}, {}, 'False', 'AddOnManagerFunctional'],
    ['switched off', { 'addon-manager-controller': undefined }, off, 'False', 'AddOnManagementDisabled'],
    ['webhook missing', { 'addon-webhook': undefined }, {}, 'True', 'GetAddOnManagerDeploymentFailed'],
    ['webhook unavailable', { 'addon-webhook': deploymentOf(1) }, {}, 'True', 'UnavailableAddOnManagerPod'],
    [
      'switched off, whose webhook stays',
      { 'addon-manager-controller': undefined, 'addon-webhook': deploymentOf(0) },
      off,
      'True',
      'UnavailableAddOnManagerPod',
    ],
  ])('add-on manager, %s', (_, deployments, spec, status, reason) => {
    expect(judge('HubAddOnManagerDegraded', deployments, complete, spec)).toMatchObject({ status, reason });
  });

  test('addon.md A22: of a hosted hub that has no address of the webhook it says what to set', () => {
    const hosted = { deployOption: { mode: 'Hosted' } };
    const condition = judge(
      'HubAddOnManagerDegraded',
      { 'addon-manager-controller': undefined },
      complete,
      hosted,
    );
    expect(condition).toMatchObject({ status: 'True', reason: 'GetAddOnManagerDeploymentFailed' });
    expect(condition?.message).toContain('set spec.deployOption.hosted.addonWebhookConfiguration.address');
  });

  test.each([
    ['HubPlacementDegraded', 'PlacementNotInBundle', 'placementImagePullSpec'],
    ['HubAddOnManagerDegraded', 'AddOnManagerNotInBundle', 'addOnManagerImagePullSpec'],
  ])('operator.md 23, 24: %s says that a bundle lacks the component', (type, reason, field) => {
    const condition = judge(type, {}, first as never);
    expect(condition).toMatchObject({ status: 'False', reason });
    expect(condition?.message).toContain('0.1.0');
    expect(condition?.message).toContain(field);
  });

  test.each([
    ['without any status', clusterManager()],
    ['without Applied', { ...clusterManager(), status: { conditions: [] } }],
    ['that leaves', { ...applied(), metadata: { name: 'cm', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ])('operator.md 69: of a ClusterManager %s nothing is said', (_, silent) => {
    expect(
      withOperandConditions(
        silent,
        () => complete,
        (name) => ({ name }),
      ),
    ).toBeUndefined();
  });
});

describe('progress (operator.md 2.2)', () => {
  test.each([
    ['complete', good, 'False'],
    ['another generation', deploymentOf(2, { observedGeneration: 0 }), 'True'],
    ['old Pods still there', deploymentOf(2, { replicas: 3 }), 'True'],
    ['not updated', deploymentOf(2, { updatedReplicas: 1 }), 'True'],
    ['not ready', deploymentOf(1), 'True'],
    ['missing', undefined, 'True'],
  ])('operator.md 17: progress, %s', (_, live, status) => {
    const condition = progressCondition([{ name: 'd', deployment: live, cause: 'ImagePullBackOff' }]);
    expect(condition.status).toBe(status);
    if (status === 'True') expect(condition.message).toContain('d');
    if (status === 'True') expect(condition.message).toContain('ImagePullBackOff');
  });

  test('progress: a Deployment that was just applied rolls, though the cache has it as it was before', () => {
    const operand = { name: 'd', deployment: good };
    expect(progressCondition([{ ...operand, generation: 1 }]).status).toBe('False');
    const condition = progressCondition([{ ...operand, generation: 2 }]);
    expect(condition).toMatchObject({ status: 'True', message: expect.stringContaining('d has not been') });
  });
});
