/** Text that comes from data: inert, cut with the whole in the title, and in its own direction. `short`: how it is cut, where that is known. */
export function Text({ text, max = 60, short, class: name }: { text: string; max?: number; short?: string | undefined; class?: string }) {
  const letters = text.length > max ? [...text] : null;
  const shown = short ?? (letters && letters.length > max ? `${letters.slice(0, max - 1).join("")}…` : text);
  return <bdi class={name} title={shown === text ? undefined : text}>{shown}</bdi>;
}
