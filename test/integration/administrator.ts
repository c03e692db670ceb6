import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import { type ControlPlane, patience } from '../cluster/index.ts';

/** The administrator's client, as patient as tests are: an API server that a busy machine keeps from answering is not gone. */
export const administratorOf = (
  { kubeconfigPath }: Pick<ControlPlane, 'kubeconfigPath'>,
  userAgent = 'test',
): Client =>
  connect(loadConnection(kubeconfigPath), {
    userAgent,
    requestTimeoutMs: patience,
    timing: { pingTimeoutMs: patience },
  });
