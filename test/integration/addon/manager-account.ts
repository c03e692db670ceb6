import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ClusterManager } from '../../../operators/api/generated/operator.ts';
import { namespace } from '../../../operators/api/names.ts';
import { refOf } from '../../../operators/registration-operator/apply/index.ts';
import { findBundles, loadBundles, render } from '../../../operators/registration-operator/bundle/index.ts';
import {
  nothingObserved,
  renderInput,
} from '../../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import type { ControlPlane } from '../../cluster/index.ts';
import { accountKubeconfig } from '../account.ts';
import { installationOf } from '../installation.ts';

/** The account of the add-on manager on a hub of Default mode. */
export const managerAccount = { name: 'addon-manager-controller-sa', namespace: namespace.hub };

const files = [
  'clustermanager/hub/addon-manager-controller.yaml',
  'clustermanager/hub/work-executor-admin.yaml',
];

/** What the newest bundle grants the add-on manager, and the policies that come with the operator. */
const rightsAndBounds = (): UnknownObject[] => {
  const [bundle] = loadBundles(findBundles());
  const clusterManager: ClusterManager = {
    metadata: { name: 'cm' },
    spec: { deployOption: { mode: 'Default' }, addOnManagerImagePullSpec: 'a' } as ClusterManager['spec'],
  };
  const observed = nothingObserved('open-cluster-management', {
    minVersion: 'VersionTLS12',
    cipherSuites: [],
  });
  const input = renderInput(clusterManager, { ...observed, convertsAddons: true, grantsTokens: true });
  const rights = render(bundle, 'clustermanager', { ...input, stages: ['hub'], files }).flatMap(
    ({ objects }) => objects.map(({ object }) => object),
  );
  const bounds = installationOf('cluster-manager', 'open-cluster-management').filter(({ kind }) =>
    kind?.startsWith('ValidatingAdmissionPolicy'),
  );
  return [...rights, ...bounds];
};

/** Installs the account of the add-on manager with its rights and its bounds; resolves to the path of its kubeconfig. */
export const managerKubeconfig = async (hub: ControlPlane, admin: Client): Promise<string> => {
  const options = { fieldManager: 'test' };
  await admin.apply(namespaces, { metadata: { name: managerAccount.namespace } }, options);
  for (const object of rightsAndBounds()) await admin.apply(refOf(object).resource, object, options);
  const path = join(hub.folder, 'addon-manager.kubeconfig');
  await writeFile(path, await accountKubeconfig(admin, hub, managerAccount), { mode: 0o600 });
  return path;
};
