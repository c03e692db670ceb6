/** What is said of images that should be of one release and are not, a line for each, by what runs them. */
export const imagesOfOtherTag = (
  images: Readonly<Record<string, string | undefined>>,
  expected: string,
): string[] =>
  Object.entries(images)
    // An image by its digest says nothing of its release.
    .filter(([, image]) => !image?.includes('@') && !image?.endsWith(`:${expected}`))
    .map(
      ([name, image]) => `${name} does not end with expected tag: ${expected} (actual: ${image ?? 'none'})`,
    );
