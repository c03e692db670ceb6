import { conversionRoute } from '../../runtime/admission/conversion.ts';
import { admissionCommand } from '../../runtime/admission/server.ts';
import { convertAddon } from './convert.ts';

/** `addon webhook-server` (addon.md 3.1 and 8): converts, and neither validates nor changes anything. */
export const conversionCommand = admissionCommand({
  help: 'Serve the webhook that converts add-ons between their versions',
  flags: {},
  component: 'addon-webhook',
  handlers: () => ({}),
  routes: () => ({ '/convert': conversionRoute(convertAddon) }),
});
