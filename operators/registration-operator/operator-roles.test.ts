import { describe, expect, test } from '@jest/globals';
import { type OperatorName, renderOperator } from './bundle/index.ts';
import { permissions, type Rule, roleOfChart } from './chart-role-fixture.ts';

const crud = ['create', 'get', 'list', 'update', 'watch', 'patch', 'delete'];
const each = (verbs: string[], what: string): string[] => verbs.map((verb) => `${verb} ${what}`);

const policies = ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'].map(
  (plural) => `admissionregistration.k8s.io/${plural}`,
);

/** What the operators of this project hold beyond upstream's, and what they can do without. */
const differences: Record<OperatorName, { more: string[]; less: string[] }> = {
  'cluster-manager': {
    more: [
      'list /pods *',
      ...each(crud, '/endpoints *'),
      ...['grpc-server-sa-kubeconfig', 'placement-debug-serving-cert'].flatMap((name) =>
        each(['get', 'list', 'watch', 'update', 'patch', 'delete'], `/secrets ${name}`),
      ),
      ...each(crud, 'networking.k8s.io/networkpolicies *'),
      'get discovery.k8s.io/endpointslices kubernetes',
      // With those that bound the operator itself it may make none: chart and clusteradm bring those of the add-on manager.
      ...policies.flatMap((kind) => each(['create', 'get', 'list', 'watch'], `${kind} *`)),
      ...['tokens', 'roles', 'bindings'].flatMap((what) =>
        policies.flatMap((kind) =>
          each(
            ['patch', 'delete'],
            `${kind} addon-manager-${what}.open-cluster-management-hub.open-cluster-management.io`,
          ),
        ),
      ),
    ],
    less: [],
  },
  klusterlet: {
    more: [
      'list /pods *',
      // To serve metrics to those alone who may have them.
      'create authentication.k8s.io/tokenreviews *',
      ...each(crud, 'networking.k8s.io/networkpolicies *'),
      'get discovery.k8s.io/endpointslices kubernetes',
    ],
    less: [],
  },
};

describe('packaging.md 30, since-1.3.1.md 27: the role of an operator, from which chart, kustomize tree and CLI have theirs', () => {
  test.each<OperatorName>(['cluster-manager', 'klusterlet'])('%s', (operator) => {
    const objects = renderOperator(operator, { namespace: 'ns', image: 'i', replicas: 1, arguments: [] });
    const { rules } = objects.find(({ kind }) => kind === 'ClusterRole') as unknown as { rules: Rule[] };
    const ours = new Set(rules.flatMap(permissions));
    const theirs = new Set(roleOfChart(operator));
    const { more, less } = differences[operator];
    expect([...ours].filter((permission) => !theirs.has(permission)).toSorted()).toEqual(more.toSorted());
    expect([...theirs].filter((permission) => !ours.has(permission)).toSorted()).toEqual(less.toSorted());
    expect(rules).toContainEqual({
      apiGroups: ['networking.k8s.io'],
      resources: ['networkpolicies'],
      verbs: crud,
    });
  });
});
