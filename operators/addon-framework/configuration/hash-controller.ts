import {
  type ClusterManagementAddOn,
  type ClusterManagementAddOnStatus,
  clusterManagementAddOns,
} from '../../api/generated/addon.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { AddonAgent } from '../agent/agent.ts';
import { type AgentCaches, configIn, configKey } from '../agent/caches.ts';
import { withConfigHashes } from './hashed.ts';

/**
 * Tells in the status of each ClusterManagementAddOn what its configurations are now (addon.md 7.5).
 * @param told the status with what else the same process tells in it, so that no write has references without their hashes
 */
export const configHashController = (
  hub: Client,
  agent: Pick<AddonAgent, 'isManagerOf' | 'supportedConfigs'>,
  { managementAddons, configs }: Pick<AgentCaches, 'managementAddons' | 'configs'>,
  told = ({ status }: ClusterManagementAddOn): ClusterManagementAddOnStatus => status ?? {},
): Controller => ({
  name: 'management-addon-config-controller',
  watches: [
    from(managementAddons),
    ...configs.map((each) =>
      mapped(each, (config) =>
        managementAddons.byIndex('config', configKey(each, config)).map(({ metadata }) => metadata.name),
      ),
    ),
  ],
  async reconcile(name, { signal }) {
    const addon = managementAddons.get(name);
    if (!addon || addon.metadata.deletionTimestamp || !agent.isManagerOf(addon)) return;
    const status = withConfigHashes(told(addon), agent.supportedConfigs, (reference) =>
      configIn(configs, reference),
    );
    const options = { fieldManager: 'addon-manager', signal };
    managementAddons.wrote(await patchStatus(hub, clusterManagementAddOns, addon, status, options));
  },
});
