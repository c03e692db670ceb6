/** What is said of something built. */
export interface Subject {
  name: string;
  /** Hexadecimal. */
  digest: { sha256: string };
}

/** What it was built from. */
export interface Material {
  uri: string;
  digest?: Record<string, string>;
}

export interface Build {
  subject: readonly Subject[];
  /** What whoever started the build chose. */
  parameters: Record<string, string>;
  /** Whether the source tree had changes that its commit does not have. */
  isChanged: boolean;
  materials: readonly Material[];
}

/**
 * A statement of how something was built: in-toto, with the predicate SLSA provenance v1. It names no time and no machine,
 * since neither has a part in the result, and nobody has signed it: whoever publishes a release signs it with their key.
 */
export const provenanceOf = ({ subject, parameters, isChanged, materials }: Build): object => ({
  _type: 'https://in-toto.io/Statement/v1',
  subject,
  predicateType: 'https://slsa.dev/provenance/v1',
  predicate: {
    buildDefinition: {
      buildType: 'urn:open-cluster-management-ts:make-release:v1',
      externalParameters: parameters,
      internalParameters: { sourceHasUncommittedChanges: isChanged },
      resolvedDependencies: materials,
    },
    runDetails: { builder: { id: 'urn:open-cluster-management-ts:scripts/release.ts' } },
  },
});
