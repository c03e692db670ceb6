/** Characters that Go's encoder escapes and JSON.stringify does not: what each adds to the size in bytes. */
const escapedExtra: Record<string, number> = { '<': 5, '>': 5, '&': 5, '\u2028': 3, '\u2029': 3 };

/** Bytes of the JSON of a value as the API server writes it. */
export const jsonSize = (value: unknown): number => {
  const text = JSON.stringify(value) ?? '';
  let size = Buffer.byteLength(text);
  for (const [char] of text.matchAll(/[<>&\u2028\u2029]/g)) size += escapedExtra[char]!;
  return size;
};

const varintLength = (value: number): number => Math.max(1, Math.ceil(Math.log2(value + 1) / 7));

/** What a manifest counts: its JSON and the framing that it is stored with (work.md 8.1). */
export const manifestSize = (manifest: unknown): number => {
  const bytes = jsonSize(manifest);
  return bytes + 1 + varintLength(bytes);
};
