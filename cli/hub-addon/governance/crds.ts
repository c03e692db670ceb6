import { group } from '../../../operators/api/names.ts';
import {
  age,
  anything,
  compliance,
  crd,
  flag,
  integer,
  listOf,
  mapOf,
  named,
  object,
  oneOf,
  text,
} from './schema.ts';

/** The kinds of the policy framework on the hub (cli.md 13; fields: policy.md 1). */

const policyGroup = 'policy.open-cluster-management.io';
const appsGroup = 'apps.open-cluster-management.io';
const state = oneOf('Compliant', 'Pending', 'NonCompliant');

/** Policies of the agents have no namespace of their own; all others must say theirs. */
const dependencies = listOf(
  object(
    { apiVersion: text, kind: text, name: text, namespace: text, compliance: state },
    'apiVersion compliance kind name',
    {
      oneOf: [
        {
          properties: {
            kind: { enum: ['CertificatePolicy', 'ConfigurationPolicy'] },
            namespace: { maxLength: 0 },
          },
        },
        { not: { properties: { kind: { pattern: '^(?:(?:Certificate|Configuration)Policy)$' } } } },
      ],
    },
  ),
);

const placement = { placement: text, placementBinding: text, placementRule: text };

const policy = crd(
  {
    group: policyGroup,
    version: 'v1',
    kind: 'Policy',
    plural: 'policies',
    shortName: 'plc',
    columns: [
      { name: 'Remediation action', type: 'string', jsonPath: '.spec.remediationAction' },
      compliance,
      age,
    ],
    required: 'metadata spec',
  },
  {
    spec: object(
      {
        disabled: flag,
        remediationAction: oneOf('Inform', 'inform', 'Enforce', 'enforce'),
        copyPolicyMetadata: flag,
        dependencies,
        hubTemplateOptions: object({ serviceAccountName: text }),
        'policy-templates': listOf(
          object(
            { objectDefinition: anything, extraDependencies: dependencies, ignorePending: flag },
            'objectDefinition',
          ),
        ),
      },
      'disabled policy-templates',
    ),
    status: object({
      compliant: state,
      details: listOf(
        object({
          compliant: state,
          templateMeta: anything,
          history: listOf(object({ eventName: text, lastTimestamp: text, message: text })),
        }),
      ),
      placement: listOf(
        object({
          ...placement,
          policySet: text,
          decisions: listOf(object({ clusterName: text, clusterNamespace: text })),
          exclusions: listOf(object({ clusterName: text })),
        }),
      ),
      status: listOf(
        object({
          clustername: text,
          clusternamespace: text,
          compliant: state,
          remainingBindings: listOf(object({ placementBinding: text })),
        }),
      ),
    }),
  },
);

/** A reference to a kind of placement, which says the API group that has it. */
const kindIn = (apiGroup: string, kind: string) => ({
  properties: { apiGroup: { enum: [apiGroup] }, kind: { enum: [kind] } },
});

const placementBinding = crd(
  {
    group: policyGroup,
    version: 'v1',
    kind: 'PlacementBinding',
    plural: 'placementbindings',
    shortName: 'pb',
    required: 'placementRef subjects',
  },
  {
    bindingOverrides: object({ remediationAction: oneOf('Enforce', 'enforce') }),
    subFilter: oneOf('restricted'),
    placementRef: object(
      {
        apiGroup: { ...oneOf(appsGroup, group.cluster), minLength: 1 },
        kind: { ...oneOf('PlacementRule', 'Placement'), minLength: 1 },
        name: named,
      },
      'apiGroup kind name',
      { oneOf: [kindIn(group.cluster, 'Placement'), kindIn(appsGroup, 'PlacementRule')] },
    ),
    subjects: listOf(
      object(
        {
          apiGroup: { ...oneOf(policyGroup), minLength: 1 },
          kind: { ...oneOf('Policy', 'PolicySet'), minLength: 1 },
          name: named,
        },
        'apiGroup kind name',
      ),
      { minItems: 1 },
    ),
    status: { type: 'object' },
  },
);

const policySet = crd(
  {
    group: policyGroup,
    version: 'v1beta1',
    kind: 'PolicySet',
    plural: 'policysets',
    shortName: 'plcset',
    columns: [compliance, age],
    required: 'spec',
  },
  {
    spec: object(
      {
        description: text,
        policies: listOf(named),
        exclusions: listOf(
          object(
            { policyName: named, clusterNames: listOf(named, { minItems: 1 }), reason: text },
            'clusterNames policyName',
          ),
        ),
      },
      'policies',
    ),
    status: object({
      compliant: text,
      statusMessage: text,
      placement: listOf(object(placement)),
      exclusions: listOf(
        object({ policyName: named, clusters: listOf(named, { minItems: 1 }) }, 'clusters policyName'),
      ),
    }),
  },
);

const policyAutomation = crd(
  {
    group: policyGroup,
    version: 'v1beta1',
    kind: 'PolicyAutomation',
    plural: 'policyautomations',
    shortName: 'plca',
    required: 'spec',
  },
  {
    spec: object(
      {
        mode: oneOf('once', 'everyEvent', 'disabled'),
        policyRef: named,
        eventHook: { ...oneOf('noncompliant'), default: 'noncompliant' },
        delayAfterRunSeconds: integer({ minimum: 0 }),
        rescanAfter: text,
        automationDef: object(
          {
            type: text,
            name: named,
            secret: named,
            extra_vars: anything,
            jobTtl: integer({ minimum: 0 }),
            policyViolationsLimit: integer({ minimum: 0 }),
          },
          'name secret',
        ),
      },
      'automationDef mode policyRef',
    ),
    status: object({
      clustersWithEvent: mapOf(
        object({ automationStartTime: text, eventTime: text }, 'automationStartTime eventTime'),
      ),
    }),
  },
);

const placementRule = crd(
  {
    group: appsGroup,
    version: 'v1',
    kind: 'PlacementRule',
    plural: 'placementrules',
    columns: [age, { name: 'Replicas', type: 'integer', jsonPath: '.spec.clusterReplicas' }],
    required: 'spec',
  },
  {
    spec: object({
      clusterConditions: listOf(object({ status: text, type: text })),
      clusterReplicas: integer({ format: 'int32' }),
      clusterSelector: object({
        matchExpressions: listOf(object({ key: text, operator: text, values: listOf(text) }, 'key operator')),
        matchLabels: mapOf(text),
      }),
      clusters: listOf(object({ name: text }, 'name')),
      policies: listOf(
        object({
          apiVersion: text,
          fieldPath: text,
          kind: text,
          name: text,
          namespace: text,
          resourceVersion: text,
          uid: text,
        }),
      ),
      resourceHint: object({ order: text, type: text }),
      schedulerName: text,
    }),
    status: object({ decisions: listOf(object({ clusterName: text, clusterNamespace: text })) }),
  },
);

export const crds = [placementBinding, policy, policyAutomation, policySet, placementRule];
