/** What sets a cell apart: effect sizes with intervals, what survives the noise, and what was to be expected. Pure, no DOM. */
import { ALL, type Cube, effective, type Line, likely, rowsIn, type Slice, slicesOf, total } from "./cube.ts";
import { compareMeans, compareShares, type Side } from "./inference.ts";
import type { Band, Cell, Feature } from "./types.ts";

export interface Signal {
  feature: string;
  /** The level, or null for a number; "is missing" is a signal of its own. */
  kind: "number" | "datetime" | "missing" | "infinite" | "level";
  level: string | null;
  /** Spread of the feature in its own unit, for choosing decimals. */
  scale: number;
  here: number;
  there: number;
  d: number;
  low: number;
  high: number;
  p: number;
  /** The effect that the model's own probabilities predict, null where that is not known. */
  expected: number | null;
  /** P value of what goes beyond that. */
  pBeyond: number;
  /** Survives, and is not what they predict. */
  beyond: boolean;
  /** One value on one side, another one on the other. */
  separates: boolean;
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

type Known = Omit<Side, "expected">;

function ratioOf(a: Side, b: Side): Signal["ratio"] {
  if (!(a.mean > 0 && b.mean > 0)) return null;
  const times = a.mean / b.mean;
  const spread = Math.exp(1.96 * Math.sqrt((1 - a.mean) / (a.n * a.mean) + (1 - b.mean) / (b.n * b.mean)));
  return { times, low: times / spread, high: times * spread };
}

/** One value on one side, another one on the other: far enough apart to be no rounding. */
const separated = (cube: Cube, a: Side, b: Side): boolean => a.variance === 0 && b.variance === 0
  && (a.mean - b.mean) ** 2 > 100 * cube.noise * Math.max(a.mean ** 2, b.mean ** 2);

/** Constants are compared as the share that has the larger one. */
function asShares(a: Side, b: Side): [Side, Side] {
  const [low, high] = [Math.min(a.mean, b.mean), Math.max(a.mean, b.mean)];
  const part = (v: number): number => Math.min(1, Math.max(0, (v - low) / (high - low)));
  const share = (s: Side): Side => ({ ...s, mean: part(s.mean), expected: s.expected === null ? null : part(s.expected) });
  return [share(a), share(b)];
}

interface Numbers extends Known {
  /** Rows with a finite value, or their weights. */
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
function share(cube: Cube, rows: number, n: number, hits: number): Known {
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
  const sides = [here, there] as const;
  const all = [rows, against] as const;
  const n = sides.map((s, i) => effective(cube, all[i] as number, s));

  const add = (feature: Feature, kind: Signal["kind"], level: string | null, a: Side, b: Side): void => {
    const separates = separated(cube, a, b);
    if (Math.min(a.n, b.n) < 2 || !(separates || a.variance > 0 || b.variance > 0)) return;
    const numbers = kind === "number" || kind === "datetime";
    const found = !numbers ? compareShares(a, b) : separates ? compareShares(...asShares(a, b)) : compareMeans(a, b);
    const center = numbers && feature.kind !== "category" ? feature.center : 0;
    const scale = numbers && feature.kind !== "category" ? feature.scale : 1;
    signals.push({
      feature: feature.name, kind, level, scale, here: center + scale * a.mean, there: center + scale * b.mean,
      ...found, beyond: false, pBeyond: found.beyond, separates, ratio: numbers ? null : ratioOf(a, b), survives: false, marked: false,
    });
  };
  const addShare = (feature: Feature, kind: Signal["kind"], level: string | null, hits: readonly number[], expected: Expected): void => {
    const [a, b] = sides.map((_, i): Side => ({
      ...share(cube, all[i] as number, n[i] as number, hits[i] as number), expected: expected(i),
    })) as [Side, Side];
    add(feature, kind, level, a, b);
  };
  for (const feature of cube.errors.features) {
    const of = (which: Line, row: number): Expected => (i) => likely(cube, cell[0], sides[i as 0 | 1], which, row);
    const every = of("count", 0);
    const over = (part: Expected, whole: Expected): Expected => (i) => quotient(part(i), whole(i));
    if (feature.kind === "category") {
      for (const i of levelsSent(cube, feature)) {
        const hits = sides.map((s) => total(cube, cube.levels, feature.row + i, s));
        addShare(feature, "level", feature.levels[i] ?? "", hits, over(of("levels", feature.row + i), every));
      }
      continue;
    }
    const found = sides.map((s) => numeric(cube, feature, s));
    const valued = feature.n_row === null ? every : of("n", feature.n_row);
    const mean = over(of("sum", feature.row), valued);
    const [a, b] = found.map((side, i): Side => ({ ...side, expected: mean(i) })) as [Side, Side];
    add(feature, feature.kind, null, a, b);
    const row = feature.infinite_row ?? null;
    const endless = sides.map((s) => (row === null ? 0 : total(cube, cube.infinite, row, s)));
    if (feature.missing) {
      const gaps = sides.map((_, i) => (all[i] as number) - (found[i] as Numbers).rows - (endless[i] as number));
      const none: Expected = (i) => {
        const parts = [every(i), valued(i), row === null ? 0 : of("infinite", row)(i)];
        return parts.includes(null) ? null : (parts as number[]).reduce((x, y) => x - y);
      };
      addShare(feature, "missing", null, gaps, over(none, every));
    }
    if (row !== null) addShare(feature, "infinite", null, endless, over(of("infinite", row), every));
  }

  const compared = cube.errors.signals_total;
  const kept = benjaminiHochberg(signals.map((s) => s.p), 0.05, compared);
  const beyond = benjaminiHochberg(signals.map((s) => s.pBeyond), 0.05, compared);
  signals.forEach((s, i) => {
    s.survives = kept[i] ?? false;
    s.marked = s.survives && Math.abs(s.d) > 0.5;
    s.beyond = s.survives && s.expected !== null && (beyond[i] ?? false);
  });
  signals.sort((a, b) => Number(b.survives) - Number(a.survives) || Number(b.separates) - Number(a.separates) || Math.abs(b.d) - Math.abs(a.d));
  return { rows, against, compared, signals };
}

/** What is expected of the cell (0) or of the others (1), null where nothing is. */
type Expected = (side: number) => number | null;
const quotient = (part: number | null, whole: number | null): number | null => (part === null || !whole ? null : part / whole);

/** All levels; of two, only the rarer (the first at a tie), as the other says the same with the sign turned. */
function levelsSent(cube: Cube, feature: Feature & { kind: "category" }): number[] {
  if (feature.levels.length !== 2) return feature.levels.map((_, i) => i);
  const all = cube.errors.groups.map((_, g): Slice => [g, 0, cube.bins]);
  const n = (i: number): number => total(cube, cube.levels, feature.row + i, all);
  return [n(1) < n(0) ? 1 : 0];
}
