/** Strings by their characters, which are code points; JavaScript counts UTF-16 units. */

const surrogate = /[\ud800-\udfff]/;

/** The characters of a string, for indexes; the string itself where that is the same. */
export const charactersOf = (text: string): string | readonly string[] =>
  surrogate.test(text) ? [...text] : text;

/** Characters from one index up to another. */
export const slice = (text: string, from: number, to?: number): string => {
  const characters = charactersOf(text);
  return typeof characters === 'string' ? characters.slice(from, to) : characters.slice(from, to).join('');
};

/** The index of a character, from that of a UTF-16 unit. */
export const characterIndex = (text: string, unit: number): number =>
  unit <= 0 ? unit : [...text.slice(0, unit)].length;

/** The index of a UTF-16 unit, from that of a character. */
export const unitIndex = (text: string, character: number): number =>
  surrogate.test(text) ? slice(text, 0, character).length : character;
