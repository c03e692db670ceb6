import { hubRegistrationFeatures } from '../../api/features.ts';
import { admissionCommand } from '../../runtime/admission/server.ts';
import { accessReviews } from './access.ts';
import { mutateCluster } from './mutate-cluster.ts';
import { validateBinding } from './validate-binding.ts';
import { validateCluster } from './validate-cluster.ts';

/** `registration webhook-server` (registration.md 1.4 and 7). */
export const webhookCommand = admissionCommand({
  help: 'Serve the admission webhooks of managed clusters and cluster set bindings',
  flags: {
    'feature-gates': {
      type: 'gates',
      default: {},
      gates: { ...hubRegistrationFeatures },
      help: 'Features to switch on or off: Name=true|false,…',
    },
  },
  component: 'registration-webhook',
  handlers: ({ client }, flags) => {
    const mayUse = accessReviews(client);
    return {
      '/mutate-cluster-open-cluster-management-io-v1-managedcluster': mutateCluster(
        flags['feature-gates']['DefaultClusterSet'] ?? false,
        mayUse,
      ),
      '/validate-cluster-open-cluster-management-io-v1-managedcluster': validateCluster(client, mayUse),
      '/validate-cluster-open-cluster-management-io-v1beta2-managedclustersetbinding':
        validateBinding(mayUse),
    };
  },
});
