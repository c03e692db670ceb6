import { CORE_SCHEMA, loadAll } from 'js-yaml';
import { ensureBinaryOf, olmChart } from '../../cluster/binaries.ts';
import { run } from '../../cluster/command.ts';
import { type Cluster, patienceFlag, waitFor } from '../../cluster/index.ts';
import { startRegistry, stopRegistry } from '../../cluster/registry.ts';
import { ensureOlmImages, type OlmImages } from './images.ts';

/** Where the Operator Lifecycle Manager runs. */
export const OLM_NAMESPACE = 'olm';

interface Manifest {
  kind: string;
  metadata: { name: string };
}

interface CatalogOperator extends Manifest {
  spec: { template: { spec: { containers: { args: string[] }[] } } };
}

/** What its own chart makes of these images, without the catalog of the public. */
const manifestsOf = async ({ olm, opm }: OlmImages): Promise<Manifest[]> => {
  const image = { ref: olm, pullPolicy: 'IfNotPresent' };
  const values = {
    namespace: OLM_NAMESPACE,
    catalog_namespace: OLM_NAMESPACE,
    installType: 'test',
    olm: { image },
    catalog: { image, opmImageArgs: `--opmImage=${opm}` },
    package: { image, replicaCount: 1 },
  };
  const [helm, chart] = [await ensureBinaryOf('helm'), await olmChart()];
  const args = ['template', 'olm', chart, '--include-crds', '--values', '-'];
  const { stdout } = await run(helm, args, { input: JSON.stringify(values) });
  const all = loadAll(stdout, { schema: CORE_SCHEMA }) as (Manifest | null)[];
  return all.filter((each) => each !== null).map(impatient);
};

/**
 * What its chart has no values for. By default the catalog operator tries for a minute to do what cannot be done, and looks
 * each quarter of an hour at what it could not resolve: so long may the next of several upgrades take, for while one
 * version replaces another it finds that the two exclude each other.
 */
const impatient = (manifest: Manifest): Manifest => {
  if (manifest.kind !== 'Deployment' || manifest.metadata.name !== 'catalog-operator') return manifest;
  const { containers } = (manifest as CatalogOperator).spec.template.spec;
  containers[0]!.args.push('--install-plan-retry-timeout=5s', '--interval=10s');
  return manifest;
};

const listOf = (items: readonly Manifest[]): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

const isCrd = ({ kind }: Manifest): boolean => kind === 'CustomResourceDefinition';

const namesOf = (manifests: readonly Manifest[]): string[] => manifests.map(({ metadata }) => metadata.name);

const crdTargets = (crds: readonly Manifest[]): string[] => [
  'customresourcedefinitions',
  ...namesOf(crds),
  patienceFlag,
];

/** Resolves when the ClusterServiceVersion is in a phase, and says `text`; rejects with what it says. */
export const untilPhase = async (
  { kubectl }: Pick<Cluster, 'kubectl'>,
  namespace: string,
  name: string,
  phase = 'Succeeded',
  text = '',
): Promise<void> => {
  await waitFor(`ClusterServiceVersion ${namespace}/${name} to be ${phase}`, async () => {
    const format = '--output=jsonpath={.status.phase} {.status.reason}: {.status.message}';
    const said = await kubectl(['get', 'clusterserviceversion', name, '--namespace', namespace, format]);
    if (!said.startsWith(`${phase} `) || !said.includes(text)) throw new Error(said);
    return true;
  });
};

/**
 * A Service's address that kube-proxy does not know yet must not lead off the node: whoever answers there, a proxy of the
 * network for example, keeps the API server's connection to an extension API from then on.
 */
const serviceAddresses = (action: '--append' | '--delete'): string[] => {
  const rule = '--destination 10.96.0.0/16 --out-interface eth0 --jump REJECT';
  return ['sh', '-c', `for chain in OUTPUT FORWARD; do iptables --wait ${action} $chain ${rule}; done`];
};

/**
 * Installs the Operator Lifecycle Manager on a cluster with a registry on its node, from which all Pods pull; resolves
 * when its API serves. `uninstallOlm` undoes it.
 */
export const installOlm = async (cluster: Cluster): Promise<void> => {
  const images = await ensureOlmImages();
  await cluster.exec(serviceAddresses('--append'));
  await startRegistry((command) => cluster.exec(command));
  await cluster.loadImage(images.olm, images.opm);
  const manifests = await manifestsOf(images);
  const [crds, others] = [manifests.filter(isCrd), manifests.filter((each) => !isCrd(each))];
  await cluster.kubectl(['apply', '--server-side', '--filename', '-'], listOf(crds));
  await cluster.kubectl(['wait', '--for=condition=Established', ...crdTargets(crds)]);
  await cluster.kubectl(['apply', '--server-side', '--filename', '-'], listOf(others));
  await untilPhase(cluster, OLM_NAMESPACE, 'packageserver');
};

/** Removes it with all that it manages, its CRDs among that. */
export const uninstallOlm = async (cluster: Cluster): Promise<void> => {
  // It cleans up behind these while it runs.
  for (const kind of ['subscriptions', 'clusterserviceversions', 'catalogsources', 'operatorgroups'])
    await cluster.kubectl([
      ...['delete', `${kind}.operators.coreos.com`],
      ...['--all', '--all-namespaces', patienceFlag],
    ]);
  const manifests = await manifestsOf(await ensureOlmImages());
  const others = manifests.filter((each) => !isCrd(each) && each.kind !== 'OperatorGroup');
  await cluster.kubectl(
    ['delete', '--ignore-not-found', patienceFlag, '--filename', '-'],
    listOf(others.toReversed()),
  );
  await cluster.kubectl(['delete', ...crdTargets(manifests.filter(isCrd))]);
  await stopRegistry((command) => cluster.exec(command));
  await cluster.exec(serviceAddresses('--delete'));
};
