/** Contrast of every pair that text is drawn with, from the variables in the style sheet itself. */
import { expect, test } from "vitest";
import css from "../src/styles/theme.css?raw";

const blocks = [...css.matchAll(/\.lw(\[data-theme="dark"\])?\s*\{([^}]*)\}/g)];
const variables = (block: string): Record<string, string> =>
  Object.fromEntries([...block.matchAll(/--lw-([\w-]+):\s*(#[0-9a-f]{6})/g)].map((m) => [m[1], m[2]]));
const light = variables(blocks[0]?.[2] ?? "");
const dark = { ...light, ...variables(blocks[1]?.[2] ?? "") };

function luminance(hex: string): number {
  const [r, g, b] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
const contrast = (a: string, b: string): number => {
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};

const TEXT: [string, string[]][] = [
  ["fg", ["bg", "bg-ladder", "bg-hover", "bg-banner", "bg-selected", "soft-right", "soft-wrong"]],
  ["fg-dim", ["bg", "bg-ladder", "bg-hover", "bg-selected"]],
  ["fg-link", ["bg", "bg-banner", "bg-hover"]],
  ["fg-wrong", ["bg", "bg-hover"]],
  ["fg-right", ["bg"]],
];
const MARKS: [string, string[]][] = [
  ...["pass", "warn", "fail", "skip", "error"].map((s): [string, string[]] => [`fill-${s}`, ["bg"]]),
  ["accent", ["bg"]], ["fill-wrong", ["bg", "soft-right"]], ["fill-right", ["bg"]],
];

for (const [name, theme] of [["light", light], ["dark", dark]] as const) {
  test(`${name}: text reaches 4.5, marks reach 3`, () => {
    expect(Object.keys(variables(blocks[1]?.[2] ?? "")).sort()).toEqual(Object.keys(light).sort());
    const low: string[] = [];
    for (const [pairs, least] of [[TEXT, 4.5], [MARKS, 3]] as const) {
      for (const [fg, bgs] of pairs) {
        for (const bg of bgs) {
          const c = contrast(theme[fg] as string, theme[bg] as string);
          if (!(c >= least)) low.push(`${fg} on ${bg}: ${c.toFixed(2)}`);
        }
      }
    }
    expect(low).toEqual([]);
  });
}
