import type { FlagSpecs, Flags } from '../runtime/process/command.ts';
import { defaultControlPlaneSelector } from './replicas.ts';

/** The flags that both operators have (operator.md 1.3, 1.4); `kind` and `operands` are as the help calls them. */
export const operatorFlags = (kind: string, operands: string) =>
  ({
    'control-plane-node-label-selector': {
      type: 'string',
      default: defaultControlPlaneSelector,
      help: 'Label selector of the control-plane nodes by which replicas are chosen',
    },
    'deployment-replicas': {
      type: 'int',
      default: 0,
      help: `Replicas of every ${operands} Deployment; 0 lets the operator choose`,
    },
    'enable-sync-labels': {
      type: 'bool',
      default: false,
      help: `Copy the labels of a ${kind} to everything that is installed for it`,
    },
  }) as const satisfies FlagSpecs;

/** What these flags say. */
export const operatorSettings = (flags: Flags<ReturnType<typeof operatorFlags>>) => ({
  controlPlaneNodeSelector: flags['control-plane-node-label-selector'],
  deploymentReplicas: flags['deployment-replicas'],
  syncLabels: flags['enable-sync-labels'],
});
