/** Calibration from the sums of the cube: what the model states against what is seen. Pure, no DOM. */
import { type Cube, total } from "./cube.ts";
import { wilson } from "./subgroups.ts";

export interface CalibrationBin {
  stated: number;
  observed: number;
  low: number;
  high: number;
  rows: number;
}

/** About equally full bins: two classes by score, more by confidence. */
export function calibrationOf(cube: Cube, bins: number): CalibrationBin[] {
  const { groups, kind, positive, weighted } = cube.errors;
  const hit = groups.map(([a, p]) => (kind === "binary" ? a === positive : a === p));
  const sums: { rows: number; squares: number; stated: number; hits: number }[] = [];
  const at = (sum: Float64Array, b: number, only?: (g: number) => boolean): number =>
    groups.reduce((t, _, g) => (only && !only(g) ? t : t + total(cube, sum, 0, [[g, b, b + 1]])), 0);
  const all = groups.reduce((t, _, g) => t + total(cube, cube.count, 0, [[g, 0, cube.bins]]), 0);
  let before = 0;
  for (let b = 0; b < cube.bins; b++) {
    const rows = at(cube.count, b);
    if (!rows) continue;
    // The middle of its rows decides, so that ties stay together.
    const of = Math.min(bins - 1, Math.floor(((before + rows / 2) / all) * bins));
    before += rows;
    const sum = sums[of] ?? { rows: 0, squares: 0, stated: 0, hits: 0 };
    sums[of] = sum;
    sum.rows += rows;
    sum.squares += weighted ? at(cube.count2, b) : rows;
    sum.stated += at(cube.score, b);
    sum.hits += at(cube.count, b, (g) => hit[g] ?? false);
  }
  return sums.filter(Boolean).map(({ rows, squares, stated, hits }) => {
    const n = rows ** 2 / squares; // the effective number of rows
    const [low, high] = wilson((hits / rows) * n, n);
    return { stated: stated / rows, observed: hits / rows, low, high, rows };
  });
}
