import { configMap, label, secret } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { type ConfigMap, configMaps, type Secret } from '../../runtime/client/kubernetes.ts';
import { type Controller, from, mapped, type Watch } from '../../runtime/controller/controller.ts';
import { copiedAnnotation, syncSecret } from '../secrets/sync-secret.ts';
import { type Dependencies, fieldManager } from './dependencies.ts';

/** Namespaces that ask for copies by their label; all of them when the source changes, one when its copy does. */
const watchesOf = (
  { addonNamespaces, settings }: Dependencies,
  sources: Informer<Secret> | Informer<ConfigMap>,
): Watch[] => {
  const keysOf = ({ metadata: { namespace } }: Secret | ConfigMap): string[] =>
    namespace === settings.operatorNamespace
      ? addonNamespaces.list().map(({ metadata }) => metadata.name)
      : namespace
        ? [namespace]
        : [];
  return [from(addonNamespaces), mapped(sources as Informer<Secret | ConfigMap>, keysOf)];
};

/** Whether a namespace, by the watch of those that carry the label, is there to stay. */
const wantsCopies = ({ addonNamespaces }: Dependencies, name: string): boolean => {
  const metadata = addonNamespaces.get(name)?.metadata;
  return metadata?.labels?.[label.addonNamespace] === 'true' && !metadata.deletionTimestamp;
};

/** Copies the operator's image pull secret into add-on namespaces of the management cluster (operator.md 5.9). */
export const addonPullSecretController = (deps: Dependencies): Controller => ({
  name: 'AddonPullImageSecretController',
  resyncMs: 300_000,
  watches: watchesOf(deps, deps.pullSecrets),
  async reconcile(namespace) {
    if (!wantsCopies(deps, namespace)) return;
    const { client } = deps.management;
    await syncSecret({
      from: { client, name: secret.imagePull, namespace: deps.settings.operatorNamespace },
      to: { client, name: secret.imagePull, namespace },
      fieldManager,
    });
  },
});

/** Copies the operator's TLS profile into add-on namespaces of the management cluster (operator.md 5.9). */
export const addonTlsProfileController = (deps: Dependencies): Controller => ({
  name: 'AddonTLSConfigController',
  resyncMs: 300_000,
  watches: watchesOf(deps, deps.tlsProfiles),
  async reconcile(namespace) {
    const { operatorNamespace } = deps.settings;
    if (!wantsCopies(deps, namespace) || namespace === operatorNamespace) return;
    const { client } = deps.management;
    const name = configMap.tlsProfile;
    const source = await client.find(configMaps, name, operatorNamespace);
    const copy = await client.find(configMaps, name, namespace);
    if (source) {
      if (!copy || !isCopy(copy, source))
        await client.apply<ConfigMap>(
          configMaps,
          {
            metadata: {
              name,
              namespace,
              annotations: { [copiedAnnotation]: `${operatorNamespace}/${name}` },
            },
            data: source.data,
          },
          { fieldManager },
        );
    } else if (copy?.metadata.annotations?.[copiedAnnotation])
      await client.delete(configMaps, { name, namespace }, { uid: copy.metadata.uid });
  },
});

const isCopy = (copy: ConfigMap, source: ConfigMap): boolean => {
  const [have, want] = [copy.data ?? {}, source.data ?? {}];
  return (
    Object.keys(have).length === Object.keys(want).length &&
    Object.entries(want).every(([key, value]) => have[key] === value)
  );
};
