import { objectName } from '../../runtime/client/legal-name.ts';

/** Names of the works of an add-on (addon.md 7.2). */

/** Which add-on, and where its works are. */
export interface WorkPlace {
  addon: string;
  /** The managed cluster. */
  cluster: string;
  /** Whether these are the works on the hosting cluster. */
  isHosting: boolean;
}

export const deployWorkName = ({ addon, cluster, isHosting }: WorkPlace, index: number): string =>
  objectName(
    isHosting ? `addon-${addon}-deploy-hosting-${cluster}-${index}` : `addon-${addon}-deploy-${index}`,
  );

export const hookWorkName = ({ addon, cluster, isHosting }: WorkPlace): string =>
  objectName(isHosting ? `addon-${addon}-pre-delete-hosting-${cluster}` : `addon-${addon}-pre-delete`);
