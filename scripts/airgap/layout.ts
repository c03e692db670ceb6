/** A blob that an OCI layout refers to. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  /** In bytes. */
  size: number;
  annotations?: Record<string, string>;
  /** Of an image in an index of several platforms. */
  platform?: { architecture: string };
}

/** Images of several platforms under one name; index.json of a layout: all its images. */
export interface Index {
  manifests: Descriptor[];
}

export interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}

/** Whether a descriptor is of an index of images, not of an image. */
export const isIndex = ({ mediaType }: Descriptor): boolean =>
  mediaType === 'application/vnd.oci.image.index.v1+json';
