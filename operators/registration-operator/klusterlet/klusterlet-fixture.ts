import type { Klusterlet, KlusterletSpec } from '../../api/generated/operator.ts';

/** A Klusterlet of generation 2 with images for every mode, for tests. */
export const klusterletOf = (
  name: string,
  spec: KlusterletSpec = {},
  metadata: Partial<Klusterlet['metadata']> = {},
): Klusterlet => ({
  metadata: { name, generation: 2, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata },
  spec: { registrationImagePullSpec: 'r', workImagePullSpec: 'w', imagePullSpec: 's', ...spec },
});
