/** Names that have to fit and still be told apart. Pure, no DOM. */

type Cut = (letters: string[], max: number) => string;
const cutEnd: Cut = (letters, max) => `${letters.slice(0, max - 1).join("")}…`;

/** The first and the last letters: what numbers things often stands at the end. */
export const cutMiddle: Cut = (letters, max) =>
  `${letters.slice(0, Math.ceil((max - 1) / 2)).join("")}…${letters.slice(letters.length - Math.floor((max - 1) / 2)).join("")}`;

/** What all begin with, up to the end of a word. */
function prefixOf(names: string[]): string {
  let prefix = names[0] ?? "";
  for (const name of names) while (!name.startsWith(prefix)) prefix = [...prefix].slice(0, -1).join("");
  return prefix.replace(/[\p{L}\p{N}]+$/u, "");
}

/**
 * Each name in at most `max` letters: cut at the end if they differ then, else without what all begin with, else in the
 * middle.
 */
export function tellApart(names: string[], max: number): string[] {
  const letters = names.map((name) => [...name]);
  if (letters.every((each) => each.length <= max)) return names;
  const prefix = [...prefixOf(names)].length;
  const rest: Cut = (each, most) => {
    const tail = ["…", ...each.slice(prefix)];
    return tail.length > most ? cutEnd(tail, most) : tail.join("");
  };
  const different = new Set(names).size;
  for (const cut of prefix > 1 ? [cutEnd, rest] : [cutEnd]) {
    const out = letters.map((each, i) => (each.length > max ? cut(each, max) : (names[i] as string)));
    if (new Set(out).size === different) return out;
  }
  return letters.map((each, i) => (each.length > max ? cutMiddle(each, max) : (names[i] as string)));
}
