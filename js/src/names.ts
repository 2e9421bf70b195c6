/** Names that have to fit and still be told apart. Pure, no DOM. */

type Cut = (letters: string[], max: number) => string;
const cutEnd: Cut = (letters, max) => `${letters.slice(0, max - 1).join("")}…`;

/** The first and the last letters: what numbers things often stands at the end. */
const cutMiddle: Cut = (letters, max) =>
  `${letters.slice(0, Math.ceil((max - 1) / 2)).join("")}…${letters.slice(letters.length - Math.floor((max - 1) / 2)).join("")}`;

/** What all begin with, up to the end of a word. */
function prefixOf(names: string[]): string {
  let prefix = names[0] ?? "";
  for (const name of names) while (!name.startsWith(prefix)) prefix = [...prefix].slice(0, -1).join("");
  return prefix.replace(/[\p{L}\p{N}]+$/u, "");
}

const distinct = (names: string[]): number => new Set(names).size;

/**
 * Each name in at most `max` letters: cut at the end if they differ then, else all without what all begin with, else cut in
 * the middle.
 */
export function tellApart(names: string[], max: number): string[] {
  const letters = names.map((name) => [...name]);
  if (letters.every((each) => each.length <= max)) return names;
  const within = (all: string[][], cut: Cut): string[] => all.map((each) => (each.length > max ? cut(each, max) : each.join("")));
  const ends = within(letters, cutEnd);
  if (distinct(ends) === distinct(names)) return ends;
  const prefix = [...prefixOf(names)].length;
  const rests = prefix > 1 ? within(letters.map((each) => ["…", ...each.slice(prefix)]), cutEnd) : [];
  return distinct(rests) === distinct(names) ? rests : within(letters, cutMiddle);
}
