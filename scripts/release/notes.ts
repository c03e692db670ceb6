/**
 * The section of a version in CHANGELOG.md, without its heading.
 * @throws Error when there is none: users of a release read what it changes
 */
export const notesOf = (changelog: string, version: string): string => {
  const sections = changelog.split(/^## /m).slice(1);
  const section = sections.find((each) => each.split(/\s/, 1)[0] === version);
  const text = section?.slice(section.indexOf('\n') + 1).trim();
  if (!text) throw new Error(`CHANGELOG.md says nothing of ${version}: write what users get`);
  return `${text}\n`;
};
