/** Reading a confusion matrix of many classes: order, search, windows, totals of the rest. Pure, no DOM. */
import type { Cell } from "./types.ts";

/** What the shares in the cells are of. */
export type Shares = "counts" | "actual" | "predicted";
export type Order = "given" | "confused" | "largest";
/** Rows and columns shown, as classes. */
export interface View {
  actual: number[];
  predicted: number[];
}
/** k × k, row by row: rows of the data by actual and predicted class. */
export type Matrix = ArrayLike<number>;

/** Classes along one axis of a window. */
export const WINDOW = 12;

const at = (m: Matrix, k: number, a: number, p: number): number => m[a * k + p] ?? 0;

export interface Totals {
  actual: Float64Array;
  predicted: Float64Array;
  all: number;
}

export function totalsOf(m: Matrix, k: number): Totals {
  const actual = new Float64Array(k);
  const predicted = new Float64Array(k);
  let all = 0;
  for (let a = 0; a < k; a++) {
    for (let p = 0; p < k; p++) {
      const n = at(m, k, a, p);
      actual[a] = (actual[a] as number) + n;
      predicted[p] = (predicted[p] as number) + n;
      all += n;
    }
  }
  return { actual, predicted, all };
}

/** The commonest confusions first; at a tie the class that comes first. */
export function confusions(m: Matrix, k: number, most: number): Cell[] {
  const wrong: Cell[] = [];
  for (let a = 0; a < k; a++) for (let p = 0; p < k; p++) if (a !== p && at(m, k, a, p) > 0) wrong.push([a, p]);
  return wrong.sort((x, y) => at(m, k, ...y) - at(m, k, ...x)).slice(0, most);
}

/** All classes in an order; "confused": by wrong rows of the class and wrong rows that were given its name. */
export function orderOf(m: Matrix, k: number, by: Order): number[] {
  const classes = Array.from({ length: k }, (_, i) => i);
  if (by === "given") return classes;
  const { actual, predicted } = totalsOf(m, k);
  const size = classes.map((c) => {
    const rows = actual[c] as number;
    return by === "largest" ? rows : rows + (predicted[c] as number) - 2 * at(m, k, c, c);
  });
  return classes.sort((x, y) => (size[y] as number) - (size[x] as number));
}

/** Classes whose name holds the text, whatever its case. */
export function search(names: readonly string[], text: string): number[] {
  const wanted = text.trim().toLowerCase();
  return names.flatMap((name, i) => (wanted && name.toLowerCase().includes(wanted) ? [i] : []));
}

/** Classes found, and while there is room the ones they are most often confused with, either way. */
export function withPartners(m: Matrix, k: number, found: readonly number[], room = WINDOW): number[] {
  const shown = found.slice(0, room);
  const partners = Array.from({ length: k }, (_, c) => c)
    .filter((c) => !shown.includes(c))
    .map((c) => [c, shown.reduce((n, f) => n + at(m, k, f, c) + at(m, k, c, f), 0)] as const)
    .filter(([, n]) => n > 0)
    .sort((x, y) => y[1] - x[1]);
  return [...shown, ...partners.slice(0, room - shown.length).map(([c]) => c)];
}

/** First place of a window that has the place `to` in it, moved no further than needed. */
export function reach(start: number, to: number, k: number, size = WINDOW): number {
  const moved = to < start ? to : to >= start + size ? to - size + 1 : start;
  return Math.max(0, Math.min(k - size, moved));
}

/** The rows that a view leaves out: by shown actual class, by shown predicted class, and both left out. */
export function othersOf(m: Matrix, k: number, { actual, predicted }: View): { right: number[]; below: number[]; corner: number } {
  const totals = totalsOf(m, k);
  const right = actual.map((a) => (totals.actual[a] as number) - predicted.reduce((n, p) => n + at(m, k, a, p), 0));
  const below = predicted.map((p) => (totals.predicted[p] as number) - actual.reduce((n, a) => n + at(m, k, a, p), 0));
  const inside = actual.reduce((n, a) => n + predicted.reduce((s, p) => s + at(m, k, a, p), 0), 0);
  const sum = (v: number[]): number => v.reduce((x, y) => x + y, 0);
  return { right, below, corner: totals.all - inside - sum(right) - sum(below) };
}
