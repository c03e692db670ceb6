/** A blob that an OCI layout refers to. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** In bytes. */
  size: number;
  annotations?: Record<string, string>;
}

/** index.json of a layout: its images. */
export interface Index {
  manifests: Descriptor[];
}

export interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}
