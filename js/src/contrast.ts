/** What sets a cell apart: standardised differences with intervals, and what survives the noise. Pure, no DOM. */
import { ALL, type Cube, effective, rowsIn, type Slice, slicesOf, total } from "./cube.ts";
import type { Band, Cell, Feature } from "./types.ts";

export interface Signal {
  feature: string;
  /** The level, or null for a number; "is missing" is a signal of its own. */
  kind: "number" | "datetime" | "missing" | "level";
  level: string | null;
  /** Spread of the feature in its own unit, for choosing decimals. */
  scale: number;
  here: number;
  there: number;
  d: number;
  low: number;
  high: number;
  p: number;
  /** Of shares: how many times one is the other, with 95 % ends by the logarithm (Katz et al. 1978). */
  ratio: { times: number; low: number; high: number } | null;
  /** Survives Benjamini–Hochberg at 5 % over all signals. */
  survives: boolean;
  /** Survives and |d| > 0.5: the rule worth marking. */
  marked: boolean;
}
export interface Contrast {
  rows: number;
  against: number;
  /** Signals compared: those of features that were not sent too. */
  compared: number;
  signals: Signal[];
}

/** Complementary error function: series near 0, continued fraction beyond; relative error about 1e-14. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let tail = 0;
  for (let n = 120; n > 0; n--) tail = n / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
}

/** Two-sided p of a standard normal z. */
export const pOf = (z: number): number => erfc(Math.abs(z) / Math.SQRT2);

/** Which of the p values are discoveries at false discovery rate q, in a family of m of which these are the smallest. */
export function benjaminiHochberg(p: readonly number[], q = 0.05, m = p.length): boolean[] {
  const order = p.map((_, i) => i).sort((a, b) => (p[a] as number) - (p[b] as number));
  let last = -1;
  order.forEach((i, rank) => {
    if ((p[i] as number) <= (q * (rank + 1)) / m) last = rank;
  });
  const out = p.map(() => false);
  for (let rank = 0; rank <= last; rank++) out[order[rank] as number] = true;
  return out;
}

type Numeric = Exclude<Feature, { kind: "category" }>;

interface Side {
  /** Rows, of weights the effective number. */
  n: number;
  mean: number;
  variance: number;
}

function ratioOf(a: Side, b: Side): Signal["ratio"] {
  if (!(a.mean > 0 && b.mean > 0)) return null;
  const times = a.mean / b.mean;
  const spread = Math.exp(1.96 * Math.sqrt((1 - a.mean) / (a.n * a.mean) + (1 - b.mean) / (b.n * b.mean)));
  return { times, low: times / spread, high: times * spread };
}

type Difference = Pick<Signal, "d" | "low" | "high" | "p">;

function difference(a: Side, b: Side): Difference | null {
  if (a.n < 2 || b.n < 2) return null;
  const pooled = Math.sqrt(((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2));
  if (!(pooled > 0)) return null;
  const d = (a.mean - b.mean) / pooled;
  const se = Math.sqrt((a.n + b.n) / (a.n * b.n) + (d * d) / (2 * (a.n + b.n)));
  return { d, low: d - 1.96 * se, high: d + 1.96 * se, p: pOf(d / se) };
}

interface Numbers extends Side {
  /** Rows with a value, or their weights. */
  rows: number;
}

function numeric(cube: Cube, { row, n_row }: Numeric, slices: readonly Slice[]): Numbers {
  const rows = n_row === null ? rowsIn(cube, slices) : total(cube, cube.n, n_row, slices);
  let n = effective(cube, rows, slices);
  if (n_row !== null && cube.errors.weighted && rows > 0) n = rows ** 2 / total(cube, cube.n2, n_row, slices);
  const mean = rows ? total(cube, cube.sum, row, slices) / rows : 0;
  const square = rows ? total(cube, cube.sq, row, slices) / rows : 0;
  const spread = square - mean * mean;
  return { rows, n, mean, variance: n > 1 && spread > cube.noise * square ? (spread * n) / (n - 1) : 0 };
}

/** Share of some rows of a side. Sums of weights come in single precision: what it leaves of all or nothing is that. */
function share(cube: Cube, rows: number, n: number, hits: number): Side {
  let mean = rows ? hits / rows : 0;
  if (cube.errors.weighted && Math.min(mean, 1 - mean) < 1e-6) mean = Math.round(mean);
  return { n, mean, variance: n > 1 ? (n / (n - 1)) * mean * (1 - mean) : 0 };
}

/** The rows a cell is held against: the right ones of its class, or for right answers the wrong ones. */
export function othersOf(cube: Cube, [actual, predicted]: Cell): Cell[] {
  if (actual !== predicted) return [[actual, actual]];
  return cube.errors.classes.flatMap((_, p): Cell[] => (p === actual ? [] : [[actual, p]]));
}

export function contrastOf(cube: Cube, cell: Cell, band: Band, threshold: number | null): Contrast {
  const here = slicesOf(cube, [cell], band, threshold);
  const there = slicesOf(cube, othersOf(cube, cell), ALL, threshold);
  const rows = rowsIn(cube, here);
  const against = rowsIn(cube, there);
  const signals: Signal[] = [];
  const [n, m] = [effective(cube, rows, here), effective(cube, against, there)];
  const ofHere = (hits: number): Side => share(cube, rows, n, hits);
  const ofThere = (hits: number): Side => share(cube, against, m, hits);

  const add = (feature: Feature, kind: Signal["kind"], level: string | null, a: Side, b: Side): void => {
    const found = difference(a, b);
    if (!found) return;
    const numbers = kind === "number" || kind === "datetime";
    const center = numbers && feature.kind !== "category" ? feature.center : 0;
    const scale = numbers && feature.kind !== "category" ? feature.scale : 1;
    signals.push({
      feature: feature.name, kind, level, scale, here: center + scale * a.mean, there: center + scale * b.mean,
      ...found, ratio: numbers ? null : ratioOf(a, b), survives: false, marked: false,
    });
  };
  for (const feature of cube.errors.features) {
    if (feature.kind === "category") {
      for (const i of levelsSent(cube, feature)) {
        const hits = (s: readonly Slice[]): number => total(cube, cube.levels, feature.row + i, s);
        add(feature, "level", feature.levels[i] ?? "", ofHere(hits(here)), ofThere(hits(there)));
      }
      continue;
    }
    const a = numeric(cube, feature, here);
    const b = numeric(cube, feature, there);
    add(feature, feature.kind, null, a, b);
    if (feature.missing) add(feature, "missing", null, ofHere(rows - a.rows), ofThere(against - b.rows));
  }

  const compared = cube.errors.signals_total;
  const kept = benjaminiHochberg(signals.map((s) => s.p), 0.05, compared);
  signals.forEach((s, i) => {
    s.survives = kept[i] ?? false;
    s.marked = s.survives && Math.abs(s.d) > 0.5;
  });
  signals.sort((a, b) => Number(b.survives) - Number(a.survives) || Math.abs(b.d) - Math.abs(a.d));
  return { rows, against, compared, signals };
}

/** All levels; of two, only the rarer (the first at a tie), as the other says the same with the sign turned. */
function levelsSent(cube: Cube, feature: Feature & { kind: "category" }): number[] {
  if (feature.levels.length !== 2) return feature.levels.map((_, i) => i);
  const all = cube.errors.groups.map((_, g): Slice => [g, 0, cube.bins]);
  const n = (i: number): number => total(cube, cube.levels, feature.row + i, all);
  return [n(1) < n(0) ? 1 : 0];
}
