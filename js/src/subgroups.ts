/** Subgroups: which are the same, how they read, and how their errors stand in a band. Pure, no DOM. */
import { cellsOf, type Cube, rowsIn, slicesOf } from "./cube.ts";
import { date, percent } from "./format.ts";
import type { Band, Condition, Subgroup, Slices } from "./types.ts";

/** Equal for the same conditions, whatever the order of their keys on the wire. */
export const keyOf = (slice: Subgroup | null): string =>
  JSON.stringify((slice ?? []).map((c) => {
    if (c.kind === "level") return [c.feature, c.kind, c.level];
    return c.kind === "missing" ? [c.feature, c.kind] : [c.feature, c.kind, c.low, c.high];
  }));

/** Where a subgroup stands among those found; −1 for one that was put together by hand. */
export function indexIn(found: Slices | null, slice: Subgroup | null): number {
  if (!found || !slice) return -1;
  const key = keyOf(slice);
  return found.items.findIndex((item) => keyOf(item.conditions) === key);
}

/** A condition without its feature, as Python words it: numbers as they read back, dates without the hour they do not have. */
export function wordsOf(c: Condition): string {
  if (c.kind === "level") {
    const plain = c.level === c.level.trim() && !["", "missing"].includes(c.level) && !c.level.includes(" and ");
    return `is ${plain ? c.level : `"${c.level}"`}`;
  }
  if (c.kind === "missing") return "is missing";
  const at = (v: number): string => (c.kind === "datetime" ? date(v, v % 864e5 ? 1 : 864e5) : String(v));
  if (c.low === null) return c.high === null ? "has a value" : `below ${at(c.high)}`;
  if (c.high === null) return `at least ${at(c.low)}`;
  if (c.whole && Number.isInteger(c.low)) {
    const last = Math.ceil(c.high) - 1;
    return last === c.low ? `is ${at(c.low)}` : `from ${at(c.low)} to ${at(last)}`;
  }
  return `from ${at(c.low)} to below ${at(c.high)}`;
}

/** "age below 30 and sex is male": Python's own words where it found the subgroup. */
export function textOf(found: Slices | null, slice: Subgroup): string {
  return found?.items[indexIn(found, slice)]?.text ?? slice.map((c) => `${c.feature} ${wordsOf(c)}`).join(" and ");
}

export interface Tally {
  rows: number;
  errors: number;
}

/** Rows and wrong answers of a cube inside a band. */
export function tallyOf(cube: Cube, band: Band, threshold: number | null): Tally {
  const tally = { rows: 0, errors: 0 };
  // With many classes only the cells that hold rows: this runs for every subgroup in every frame of a drag.
  for (const cell of cube.errors.kind === "binary" ? cellsOf(cube) : cube.errors.groups) {
    const rows = rowsIn(cube, slicesOf(cube, [cell], band, threshold));
    tally.rows += rows;
    if (cell[0] !== cell[1]) tally.errors += rows;
  }
  return tally;
}

/** 95 % interval of a share (Wilson 1927). */
export function wilson(hits: number, n: number): [number, number] {
  if (!(n > 0)) return [0, 1];
  const z = 1.96;
  const p = hits / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return [Math.max(0, middle - half), Math.min(1, middle + half)];
}

/** Errors beyond what the rate of all other rows would give. */
export function excessOf(inside: Tally, all: Tally): number {
  const rest = all.rows - inside.rows;
  return rest > 0 ? inside.errors - (inside.rows * (all.errors - inside.errors)) / rest : 0;
}

export const rate = (t: Tally): number => (t.rows ? t.errors / t.rows : 0);
export const rateText = (t: Tally): string => (t.rows ? percent(rate(t), 1) : "–");
