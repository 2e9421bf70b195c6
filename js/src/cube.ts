/** The error cube: any cell in any band at any threshold from two look-ups and a subtraction. Pure, no DOM. */
import type { RawCube } from "./wire.ts";
import type { Band, Cell, Errors } from "./types.ts";

export interface Cube {
  errors: Errors;
  bins: number;
  edges: Float64Array;
  /** 1 where bin b holds exactly the rows with x == edges[b]. */
  atom: Uint8Array;
  /** Prefix sums along the axis: entry [row][group][b] is the sum over the bins below b. */
  count: Float64Array;
  score: Float64Array;
  /** Rows that have a value, of the numbers with gaps. */
  n: Float64Array;
  /** Sums of squared weights, as `count` and `n`; empty without weights. */
  count2: Float64Array;
  n2: Float64Array;
  sum: Float64Array;
  sq: Float64Array;
  levels: Float64Array;
  /** Rows with an infinite value, of the numbers that have any. */
  infinite: Float64Array;
  /** Probability of the group's actual class, of all rows with its prediction; empty with two classes. */
  claimed: Float64Array;
  /** Sums over both groups of two classes, each bin times its mean score: entry [row][b]; null where nothing is expected. */
  likely: Record<Line, Float64Array> | null;
  /** Variances below this share of the mean square are rounding, not spread. */
  noise: number;
  /** `group[actual * k + predicted]`, −1 when the cell holds no rows. */
  group: Int32Array;
  /** Edges worth stopping at. */
  stops: Float64Array;
}
/** Sums of which an expectation is known. */
export type Line = "count" | "n" | "sum" | "levels" | "infinite";
/** Bins lo to hi (exclusive) of one group. */
export type Slice = readonly [group: number, lo: number, hi: number];

export const ALL: Band = [0, 1];
const TINY = 2 ** -38;

function prefix(values: ArrayLike<number>, bins: number): Float64Array {
  const lines = bins ? values.length / bins : 0;
  const out = new Float64Array(lines * (bins + 1));
  for (let line = 0, from = 0, to = 0; line < lines; line++) {
    let total = 0;
    out[to++] = 0;
    for (let b = 0; b < bins; b++) {
      total += values[from++] as number;
      out[to++] = total;
    }
  }
  return out;
}

export function buildCube({ errors, arrays }: RawCube): Cube {
  const edges = Float64Array.from(arrays.edges);
  const bins = edges.length - 1;
  const atom = new Uint8Array(bins + 1);
  for (const b of arrays.atoms) atom[b] = 1;
  const k = errors.classes.length;
  const group = new Int32Array(k * k).fill(-1);
  errors.groups.forEach(([actual, predicted], g) => {
    if (predicted >= 0) group[actual * k + predicted] = g;
    else for (let p = 0; p < k; p++) group[actual * k + p] = g;
  });
  return {
    errors, bins, edges, atom, group,
    count: prefix(arrays.count, bins), score: prefix(arrays.score, bins),
    count2: prefix(arrays.count2, bins), n2: prefix(arrays.n2, bins),
    n: prefix(arrays.n, bins), sum: prefix(arrays.sum, bins), sq: prefix(arrays.sq, bins),
    levels: prefix(arrays.levels, bins), infinite: prefix(arrays.infinite, bins), claimed: prefix(arrays.claimed, bins),
    likely: errors.kind === "binary" && errors.probabilities ? likelyOf(arrays, errors.groups.length, bins) : null,
    noise: arrays.sq instanceof Float32Array ? 1e-6 : 1e-12,
    stops: stopsOf(edges, atom, errors.threshold),
  };
}

function likelyOf(arrays: RawCube["arrays"], groups: number, bins: number): Record<Line, Float64Array> {
  const both = (values: ArrayLike<number>, line: number, b: number): number => {
    let out = 0;
    for (let g = 0; g < groups; g++) out += values[(line * groups + g) * bins + b] as number;
    return out;
  };
  const mean = Array.from({ length: bins }, (_, b) => both(arrays.score, 0, b) / (both(arrays.count, 0, b) || 1));
  const weighed = (values: ArrayLike<number>): Float64Array => {
    const out = new Float64Array(values.length / groups);
    for (let i = 0; i < out.length; i++) out[i] = (mean[i % bins] as number) * both(values, Math.floor(i / bins), i % bins);
    return prefix(out, bins);
  };
  return {
    count: weighed(arrays.count), n: weighed(arrays.n), sum: weighed(arrays.sum), levels: weighed(arrays.levels),
    infinite: weighed(arrays.infinite),
  };
}

/** Not the ends of atoms and not the mirror images of those ends; always both ends and the threshold in use. */
function stopsOf(edges: Float64Array, atom: Uint8Array, inUse: number | null): Float64Array {
  const last = edges.length - 1;
  const keep = (_: number, i: number): boolean => {
    const e = edges[i] as number;
    if (i === 0 || e === 1 || e === inUse) return true;
    if (i === last) return e < 1;
    if (atom[i - 1] && e - (edges[i - 1] as number) < TINY) return false;
    return Boolean(atom[i]) || (edges[i + 1] as number) - e >= TINY;
  };
  return edges.filter(keep);
}

/** Index of the value nearest to v in a sorted array. */
export function nearest(sorted: Float64Array, v: number): number {
  let lo = 0;
  let hi = sorted.length - 1;
  while (lo < hi) {
    const mid = (lo + hi) >> 1;
    if ((sorted[mid] as number) < v) lo = mid + 1;
    else hi = mid;
  }
  return lo > 0 && v - (sorted[lo - 1] as number) < (sorted[lo] as number) - v ? lo - 1 : lo;
}

/** The bins of a cell inside a band, as the contract words it; null when there are none. */
export function sliceOf(cube: Cube, [actual, predicted]: Cell, [from, to]: Band, threshold: number | null): Slice | null {
  const { errors, edges, atom, bins } = cube;
  const g = cube.group[actual * errors.classes.length + predicted] ?? -1;
  if (g < 0) return null;
  const at = (v: number): number => nearest(edges, v);
  const after = (v: number): number => at(v) + (atom[at(v)] ?? 0);
  let lo: number;
  let hi: number;
  if (errors.kind !== "binary") {
    lo = at(from);
    hi = to >= 1 ? bins : at(to);
  } else if (predicted === errors.positive) {
    lo = Math.max(at(threshold ?? 0.5), at(from));
    hi = to >= 1 ? bins : at(to);
  } else {
    lo = to >= 1 ? 0 : after(1 - to);
    hi = Math.min(at(threshold ?? 0.5), after(1 - from));
  }
  return hi > lo ? [g, lo, hi] : null;
}

/** Sum of one line of prefix sums over slices. */
export function total(cube: Cube, sums: Float64Array, row: number, slices: readonly Slice[]): number {
  const width = cube.bins + 1;
  const base = row * cube.errors.groups.length;
  let out = 0;
  for (const [g, lo, hi] of slices) {
    const line = (base + g) * width;
    const part = (sums[line + hi] as number) - (sums[line + lo] as number);
    // What subtracting sums of weights leaves of nothing is nothing.
    if (!cube.errors.weighted || Math.abs(part) > 1e-13 * Math.abs(sums[line + hi] as number)) out += part;
  }
  return out;
}

/** What a line would sum up to in the bins of a slice for rows of an actual class, were the probabilities right. */
export function likely(cube: Cube, actual: number, [slice]: readonly Slice[], which: Line, row: number): number | null {
  if (!cube.likely || !slice) return null;
  const [, lo, hi] = slice;
  const line = row * (cube.bins + 1);
  const yes = (cube.likely[which][line + hi] as number) - (cube.likely[which][line + lo] as number);
  if (actual === cube.errors.positive) return yes;
  return total(cube, cube[which], row, cube.errors.groups.map((_, g): Slice => [g, lo, hi])) - yes;
}

/** How many rows of equal weight would say as much: (Σw)²/Σw², the rows themselves without weights (Kish 1965). */
export function effective(cube: Cube, rows: number, slices: readonly Slice[]): number {
  return cube.errors.weighted && rows > 0 ? rows ** 2 / total(cube, cube.count2, 0, slices) : rows;
}

export const rowsIn = (cube: Cube, slices: readonly Slice[]): number => total(cube, cube.count, 0, slices);

export function cellsOf(cube: Cube): Cell[] {
  const k = cube.errors.classes.length;
  return Array.from({ length: k * k }, (_, i): Cell => [Math.floor(i / k), i % k]);
}

export function slicesOf(cube: Cube, cells: readonly Cell[], band: Band, threshold: number | null): Slice[] {
  const out: Slice[] = [];
  for (const cell of cells) {
    const slice = sliceOf(cube, cell, band, threshold);
    if (slice) out.push(slice);
  }
  return out;
}

/** Rows of every cell in the band, k × k by actual class. */
export function matrixOf(cube: Cube, band: Band, threshold: number | null): Float64Array {
  return Float64Array.from(cellsOf(cube), (c) => rowsIn(cube, slicesOf(cube, [c], band, threshold)));
}

/** Mean confidence of some cells in the band, null without rows. */
export function confidenceOf(cube: Cube, cells: readonly Cell[], band: Band, threshold: number | null): number | null {
  let rows = 0;
  let sum = 0;
  for (const cell of cells) {
    const slices = slicesOf(cube, [cell], band, threshold);
    const n = rowsIn(cube, slices);
    const x = total(cube, cube.score, 0, slices);
    rows += n;
    sum += cube.errors.kind === "binary" && cell[1] !== cube.errors.positive ? n - x : x;
  }
  return rows ? sum / rows : null;
}

/** The least confidence a prediction can have. */
export function lowest(cube: Cube, threshold: number | null): number {
  if (cube.errors.kind !== "binary") return 1 / cube.errors.classes.length;
  const t = threshold ?? 0.5;
  return Math.min(t, 1 - t);
}

/** Steps found before: a drag asks for the same ones in every frame. */
const found = new WeakMap<Float64Array, Map<string, number[]>>();

/** Even steps over [from, 1] (or [0, 1]) that fall on stops of the cube, as nearly as it can be had. */
export function steps(stops: Float64Array, from: number, most = 56, least = 24): number[] {
  const key = `${from} ${most} ${least}`;
  const known = found.get(stops) ?? new Map<string, number[]>();
  const out = known.get(key) ?? search(stops, from, most, least);
  found.set(stops, known.set(key, out));
  return out;
}

function search(stops: Float64Array, from: number, most: number, least: number): number[] {
  let best: number[] = [];
  let error = Number.POSITIVE_INFINITY;
  const low = stops[nearest(stops, from)] as number;
  for (let n = most; n >= least; n--) {
    const at: number[] = [];
    let off = 0;
    for (let i = 0; i <= n; i++) {
      const want = low + ((1 - low) * i) / n;
      const got = stops[nearest(stops, want)] as number;
      off = Math.max(off, Math.abs(got - want) * n);
      if (got !== at.at(-1)) at.push(got);
    }
    if (off < error - 1e-9) {
      error = off;
      best = at;
    }
  }
  return best;
}

export interface Bar {
  from: number;
  to: number;
  right: number;
  wrong: number;
}

/** Rows by confidence, right and wrong. */
export function confidenceBars(cube: Cube, threshold: number | null): Bar[] {
  const cells = cellsOf(cube);
  const right = cells.filter(([a, p]) => a === p);
  const wrong = cells.filter(([a, p]) => a !== p);
  const low = lowest(cube, threshold);
  const at = steps(cube.stops, low);
  return at.slice(1).map((to, i) => {
    const band: Band = [i === 0 ? 0 : (at[i] as number), to];
    return {
      // The first stop may lie on either side of the least confidence there can be, where the axis begins.
      from: i === 0 ? low : (at[i] as number), to,
      right: rowsIn(cube, slicesOf(cube, right, band, threshold)),
      wrong: rowsIn(cube, slicesOf(cube, wrong, band, threshold)),
    };
  });
}

/** Rows of one actual class by score, split at the threshold into right and wrong. Two classes only. */
export function scoreBars(cube: Cube, actual: number, threshold: number): Bar[] {
  const g = cube.group[actual * cube.errors.classes.length + actual] ?? -1;
  const cut = nearest(cube.edges, threshold);
  const at = steps(cube.stops, 0, 64, 32);
  return at.slice(1).map((to, i) => {
    const lo = nearest(cube.edges, at[i] as number);
    const hi = to >= 1 ? cube.bins : nearest(cube.edges, to);
    const mid = Math.min(hi, Math.max(lo, cut));
    const below = g < 0 ? 0 : rowsIn(cube, [[g, lo, mid]]);
    const above = g < 0 ? 0 : rowsIn(cube, [[g, mid, hi]]);
    const positive = actual === cube.errors.positive;
    return { from: at[i] as number, to, right: positive ? above : below, wrong: positive ? below : above };
  });
}

export interface CurvePoint {
  threshold: number;
  recall: number;
  precision: number | null;
  f1: number;
  balanced: number;
}

/** What each threshold would give. Two classes only. */
export function thresholdCurve(cube: Cube, at: Iterable<number> = cube.stops): CurvePoint[] {
  const yes = cube.errors.positive ?? 1;
  const no = 1 - yes;
  return Array.from(at, (threshold) => {
    const n = (a: number, p: number): number => rowsIn(cube, slicesOf(cube, [[a, p]], ALL, threshold));
    const tp = n(yes, yes);
    const fp = n(no, yes);
    const fn = n(yes, no);
    const tn = n(no, no);
    const recall = tp + fn ? tp / (tp + fn) : 0;
    return {
      threshold, recall,
      precision: tp + fp ? tp / (tp + fp) : null,
      f1: tp ? (2 * tp) / (2 * tp + fp + fn) : 0,
      balanced: (recall + (tn + fp ? tn / (tn + fp) : 0)) / 2,
    };
  });
}
