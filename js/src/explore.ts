/** What the error explorer shows, derived from the cube and the shared selection. No DOM. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { type Contrast, contrastOf } from "./contrast.ts";
import {
  ALL, type Bar, cellsOf, confidenceBars, confidenceOf, type CurvePoint, lowest, matrixOf, scoreBars, thresholdCurve,
} from "./cube.ts";
import type { Synced } from "./state/synced.ts";
import type { Band, Cell, Selection } from "./types.ts";

export interface Explore {
  threshold: ReadonlySignal<number | null>;
  /** Band, threshold, cell and subgroup as one, as the requests and the history know them. */
  selection: ReadonlySignal<Selection>;
  /** The band of the traits; `[0, 1]` is none. */
  banded: ReadonlySignal<boolean>;
  cell: ReadonlySignal<Cell | null>;
  matrix: ReadonlySignal<Float64Array>;
  whole: ReadonlySignal<Float64Array>;
  lowest: ReadonlySignal<number>;
  bars: ReadonlySignal<Bar[]>;
  scores: ReadonlySignal<{ actual: number; bars: Bar[] }[]>;
  stops: ReadonlySignal<{ band: Float64Array; threshold: Float64Array }>;
  /** The cell that is held against the others: the chosen one, else the one worth starting with. */
  subject: ReadonlySignal<Cell | null>;
  contrast: ReadonlySignal<Contrast | null>;
  summary: ReadonlySignal<Summary | null>;
  curve: ReadonlySignal<CurvePoint[]>;
}
export interface Summary {
  rows: number;
  /** What `rows` is a share of. */
  of: number;
  confidence: number | null;
}

export function createExplore(py: Synced): Explore {
  // Of the base cube: that of a subgroup comes and goes, and the threshold in use is the same.
  const threshold = computed(() => {
    const errors = py.base.value?.errors;
    return errors?.kind === "binary" ? (py.threshold.value ?? errors.threshold ?? 0.5) : null;
  });
  const banded = computed(() => py.band.value[0] > 0 || py.band.value[1] < 1);
  const cell = computed((): Cell | null => {
    const k = py.base.value?.errors.classes.length ?? 0;
    const c = py.cell.value;
    return c?.every((i) => Number.isInteger(i) && i >= 0 && i < k) ? c : null;
  });
  const selection = computed((): Selection =>
    ({ band: py.band.value, threshold: threshold.value, cell: cell.value, slice: py.slice.value }));
  const none = new Float64Array(0);
  const matrixIn = (band: () => Band): ReadonlySignal<Float64Array> =>
    computed(() => (py.cube.value ? matrixOf(py.cube.value, band(), threshold.value) : none));
  const matrix = matrixIn(() => py.band.value);
  const whole = matrixIn(() => ALL);
  const low = computed(() => (py.base.value ? lowest(py.base.value, threshold.value) : 0));

  const subject = computed((): Cell | null => {
    const cube = py.cube.value;
    if (cell.value || !cube) return cell.value;
    const { positive, kind } = cube.errors;
    const k = cube.errors.classes.length;
    const wrong = cellsOf(cube).filter(([a, p]) => a !== p && (matrix.value[a * k + p] ?? 0) > 0);
    const missed = wrong.find(([a]) => kind === "binary" && a === positive);
    const size = ([a, p]: Cell): number => matrix.value[a * k + p] ?? 0;
    return missed ?? wrong.sort((a, b) => size(b) - size(a))[0] ?? null;
  });
  const summary = computed((): Summary | null => {
    const cube = py.cube.value;
    if (!cube) return null;
    const k = cube.errors.classes.length;
    const sum = (m: Float64Array, keep: (a: number, p: number) => boolean): number =>
      m.reduce((t, n, i) => (keep(Math.floor(i / k), i % k) ? t + n : t), 0);
    const c = cell.value;
    if (c) {
      return {
        rows: matrix.value[c[0] * k + c[1]] ?? 0,
        of: sum(whole.value, (a) => a === c[0]),
        confidence: confidenceOf(cube, [c], py.band.value, threshold.value),
      };
    }
    const wrong = cellsOf(cube).filter(([a, p]) => a !== p);
    return {
      rows: sum(matrix.value, (a, p) => a !== p), of: sum(matrix.value, () => true),
      confidence: confidenceOf(cube, wrong, py.band.value, threshold.value),
    };
  });

  return {
    threshold, selection, banded, cell, matrix, whole, lowest: low, subject, summary,
    bars: computed(() => (py.cube.value ? confidenceBars(py.cube.value, threshold.value) : [])),
    scores: computed(() => {
      const cube = py.cube.value;
      const t = threshold.value;
      const yes = cube?.errors.positive ?? 1;
      return cube && t !== null ? [yes, 1 - yes].map((actual) => ({ actual, bars: scoreBars(cube, actual, t) })) : [];
    }),
    stops: computed(() => {
      const all = py.base.value?.stops ?? none;
      const from = low.value;
      // Past the lowest confidence there is nothing to cut off: the first stop is 0, "no lower limit".
      const inside = all.filter((v) => v > from + 2 ** -38 && v < 1);
      return { band: Float64Array.of(0, ...inside, 1), threshold: all.filter((v) => v > 0 && v < 1) };
    }),
    contrast: computed(() => {
      const cube = py.cube.value;
      const c = subject.value;
      return cube && c ? contrastOf(cube, c, py.band.value, threshold.value) : null;
    }),
    curve: computed(() => (py.cube.value && threshold.value !== null ? thresholdCurve(py.cube.value) : [])),
  };
}
