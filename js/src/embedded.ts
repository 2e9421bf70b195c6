/** Rows that came with an HTML page: filtered, sorted and cut into pages here, as Python does with a kernel. */
import { indexIn } from "./subgroups.ts";
import type { Cell, Column, RowsAsked, RowsGiven, Slices, Value } from "./types.ts";

export interface Embedded {
  columns: Column[];
  rows: Value[][];
  positions: number[];
  /** P(positive) with two classes, else the confidence. */
  x: number[];
  actual: number[];
  /** Null with two classes: the threshold decides. */
  predicted: number[] | null;
  picks: Record<string, number[]>;
  /** By subgroup, in the order of `Slices.items`: indices into `rows`. */
  slices: number[][];
  note: string;
}
export interface Labels {
  classes: string[];
  positive: number | null;
  threshold: number | null;
}

const PREDICTED = 2;
const SCORE = 3;

export function rowsFrom(sample: Embedded, labels: Labels, slices: Slices | null, asked: RowsAsked): RowsGiven {
  const threshold = asked.threshold ?? labels.threshold ?? 0.5;
  const yes = labels.positive ?? 1;
  const said = (i: number): number => sample.predicted?.[i] ?? ((sample.x[i] as number) >= threshold ? yes : 1 - yes);
  const among = candidates(sample, slices, asked);
  const found = asked.pick ? among : among.filter((i) => inside(sample, i, said(i), asked, yes));
  if (asked.sort) sortBy(found, sample, asked.sort, said);
  const page = found.slice(asked.offset, asked.offset + asked.limit);
  return {
    columns: sample.columns,
    rows: page.map((i) => (sample.rows[i] as Value[]).with(PREDICTED, labels.classes[said(i)] ?? null)),
    positions: page.map((i) => sample.positions[i] as number),
    total: found.length,
    note: sample.note,
  };
}

function candidates(sample: Embedded, slices: Slices | null, asked: RowsAsked): number[] {
  if (asked.pick) return [...(sample.picks[asked.pick] ?? [])];
  if (!asked.slice) return sample.rows.map((_, i) => i);
  return [...(sample.slices[indexIn(slices, asked.slice)] ?? [])];
}

function inside(sample: Embedded, i: number, predicted: number, { cell, band }: RowsAsked, yes: number): boolean {
  const is: Cell = [sample.actual[i] as number, predicted];
  if (cell ? is[0] !== cell[0] || is[1] !== cell[1] : is[0] === is[1]) return false;
  const x = sample.x[i] as number;
  const confidence = sample.predicted || predicted === yes ? x : 1 - x;
  return confidence >= band[0] && (confidence < band[1] || band[1] >= 1);
}

/** Numbers by size, the rest by their text; missing values come last either way. */
function sortBy(found: number[], sample: Embedded, [column, direction]: readonly [number, "asc" | "desc"], said: (i: number) => number): void {
  const sign = direction === "asc" ? 1 : -1;
  const key = (i: number): Value => {
    if (column === PREDICTED) return said(i);
    return column === SCORE ? (sample.x[i] as number) : (sample.rows[i]?.[column] ?? null);
  };
  found.sort((a, b) => {
    const [p, q] = [key(a), key(b)];
    if (p === null || q === null) return Number(p === null) - Number(q === null);
    if (typeof p === "number" && typeof q === "number") return sign * (p - q);
    return sign * (String(p) < String(q) ? -1 : Number(String(p) > String(q)));
  });
}
