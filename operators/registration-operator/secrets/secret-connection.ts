import { basename } from 'node:path';
import type { Connection } from '../../runtime/client/connection.ts';
import { parseKubeconfig } from '../../runtime/client/kubeconfig/connection-of.ts';
import { KubeconfigError } from '../../runtime/client/kubeconfig/kubeconfig.ts';
import type { Secret } from '../../runtime/client/kubernetes.ts';
import { describeSecret, textOf } from './secret.ts';

/**
 * The connection that a secret with a kubeconfig describes (operator.md 4.1 step 3). Files that it names are keys of
 * the same secret: a client certificate is in `tls.crt` and `tls.key`. Files of the operator's own Pod are never read
 * and no program is run for it: whoever may write the secret would else take the operator's token or place.
 * @throws KubeconfigError that names the secret and the remedy
 */
export const connectionOfSecret = (secret: Secret): Connection => {
  const source = describeSecret(secret);
  const text = textOf(secret, 'kubeconfig');
  if (text === undefined)
    throw new KubeconfigError(`${source} has no key "kubeconfig"; put a kubeconfig under it`);
  const { caFile, certFile, keyFile, tokenFile, exec, ...connection } = parseKubeconfig(text, { source });
  if (exec)
    throw new KubeconfigError(
      `${source}: the user asks for an exec plugin or auth provider, which is not run here; use a token or a client certificate`,
    );
  const embedded = (path: string | undefined, field: string): string | undefined => {
    if (path === undefined) return undefined;
    const content = textOf(secret, basename(path));
    if (content === undefined)
      throw new KubeconfigError(
        `${source}: ${field} names the file ${JSON.stringify(path)}, which the secret does not hold under the key "${basename(path)}"; embed it in the kubeconfig`,
      );
    return content;
  };
  const hasOwnCertificate = connection.certData !== undefined && connection.keyData !== undefined;
  const [certificate, key] = [textOf(secret, 'tls.crt'), textOf(secret, 'tls.key')];
  const certificates =
    hasOwnCertificate || certificate === undefined || key === undefined
      ? {
          certData: connection.certData ?? embedded(certFile, 'client-certificate'),
          keyData: connection.keyData ?? embedded(keyFile, 'client-key'),
        }
      : { certData: certificate, keyData: key };
  return {
    ...connection,
    ...certificates,
    caData: connection.caData ?? embedded(caFile, 'certificate-authority'),
    token: tokenFile === undefined ? connection.token : embedded(tokenFile, 'tokenFile'),
  };
};
