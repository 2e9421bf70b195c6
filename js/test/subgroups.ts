/** Subgroups and suspects of made-up rows, as Python would send them. */
import type { Condition, Errors, Layout, Subgroup, Slices, Suspects } from "../src/types.ts";
import { excessOf, wilson } from "../src/subgroups.ts";
import { cubeOf, type Rows } from "./fixture.ts";

/** Whether row i meets the conditions, by filtering. */
export function meets(rows: Rows, slice: Subgroup): (i: number) => boolean {
  const one = (c: Condition) => {
    const values = rows.columns.find((column) => column.name === c.feature)?.values ?? [];
    return (i: number): boolean => {
      const v = values[i];
      if (c.kind === "level") return v === c.level;
      if (c.kind === "missing") return Number.isNaN(v);
      return typeof v === "number" && (c.low === null || v >= c.low) && (c.high === null || v < c.high);
    };
  };
  const all = slice.map(one);
  return (i) => all.every((test) => test(i));
}
export const wrong = (rows: Rows, i: number, threshold = rows.threshold ?? 0.5): boolean =>
  (rows.predicted ? rows.predicted[i] : Number((rows.x[i] as number) >= threshold)) !== rows.actual[i];

export function only(rows: Rows, slice: Subgroup): Rows {
  const keep = meets(rows, slice);
  const cut = <T>(values: T[]): T[] => values.filter((_, i) => keep(i));
  return {
    ...rows, actual: cut(rows.actual), x: cut(rows.x), predicted: rows.predicted && cut(rows.predicted),
    columns: rows.columns.map((c) => ({ ...c, values: cut(c.values as unknown[]) }) as typeof c),
  };
}

const below = (feature: string, high: number): Condition => ({ feature, kind: "number", low: null, high });
const level = (feature: string, value: string): Condition => ({ feature, kind: "level", level: value });
const text = (slice: Subgroup): string => slice.map((c) => {
  if (c.kind === "level") return `${c.feature} is ${c.level}`;
  return c.kind === "missing" ? `${c.feature} is missing` : `${c.feature} below ${c.high}`;
}).join(" and ");

/** Some subgroups of the loans, of any table with their columns. */
export const LOAN_SLICES: Subgroup[] = [
  [{ feature: "employment_years", kind: "missing" }, level("home_ownership", "rent")], [{ feature: "employment_years", kind: "missing" }],
  [below("age", 30), level("home_ownership", "rent")], [below("age", 30)], [level("grade", "D"), level("purpose", "small business")],
  [level("grade", "E")], [level("region", "west"), level("verified", "yes"), below("late_payments", 1)],
];

/** The traits `_slices` and `_slice_cube` for these subgroups, on the axis of the cube of the rows. */
export function subgroupsOf(rows: Rows, base: { errors: Errors; buffer: ArrayBuffer }, slices: Subgroup[]): Record<string, unknown> {
  const { errors, buffer } = base;
  const at = errors.arrays.edges as Layout[string];
  const edges = new Float64Array(buffer, at.offset, at.shape[0]);
  const bins = edges.length - 1;
  const size = errors.groups.length * bins;
  const count = new Uint32Array(slices.length * size);
  const score = new Float64Array(slices.length * size);
  const cell = rows.actual.map((a, i) => {
    const g = errors.groups.findIndex(([actual, p]) => actual === a && (p < 0 || p === rows.predicted?.[i]));
    let b = 0;
    while (b < bins - 1 && (edges[b + 1] as number) <= (rows.x[i] as number)) b++;
    return g * bins + b;
  });
  const all = { rows: rows.actual.length, errors: rows.actual.filter((_, i) => wrong(rows, i)).length };
  const items = slices.map((conditions, s) => {
    const keep = meets(rows, conditions);
    const inside = rows.actual.map((_, i) => i).filter(keep);
    for (const i of inside) {
      const c = s * size + (cell[i] as number);
      (count[c] as number)++;
      (score[c] as number) += rows.x[i] as number;
    }
    const bad = inside.filter((i) => wrong(rows, i));
    const here = { rows: inside.length, errors: bad.length };
    const held = inside.filter((i) => i % 2 === 0);
    const [low, high] = wilson(here.errors, here.rows);
    return {
      text: text(conditions), conditions, code: `(${conditions.map((c) => `X_val[${JSON.stringify(c.feature)}].notna()`).join(" & ")})`,
      ...here, error_rate: here.errors / Math.max(1, here.rows), low, high, excess: excessOf(here, all), score: 1 - s / 10,
      p_value: 0.001 * 4 ** s, significant: s < 4,
      held: { rows: held.length, errors: held.filter((i) => wrong(rows, i)).length, error_rate: held.filter((i) => wrong(rows, i)).length / Math.max(1, held.length) },
    };
  });
  const told: Slices = {
    items, base_rate: all.errors / all.rows, rows: all.rows, sampled: null, notes: [],
    arrays: {
      count: { dtype: "u4", shape: [slices.length, errors.groups.length, bins], offset: 0 },
      score: { dtype: "f8", shape: [slices.length, errors.groups.length, bins], offset: Math.ceil(count.byteLength / 8) * 8 },
    },
  };
  const bytes = new Uint8Array((told.arrays.score?.offset ?? 0) + score.byteLength);
  bytes.set(new Uint8Array(count.buffer));
  bytes.set(new Uint8Array(score.buffer), told.arrays.score?.offset);
  return { _slices: told, _slice_cube: new DataView(bytes.buffer) };
}

/** The cube of the rows of a subgroup, on the axis of the base. */
export function sliceCube(rows: Rows, base: { errors: Errors; buffer: ArrayBuffer }, slice: Subgroup | null) {
  const at = base.errors.arrays.edges as Layout[string];
  return cubeOf(slice ? only(rows, slice) : rows, [...new Float64Array(base.buffer, at.offset, at.shape[0])]);
}

export const suspects: Suspects = {
  label_issues: { total: 37, note: "Ranked by how sure other rows make the model of another label; some are hard rows." },
  opposite_duplicates: { total: 1, note: "" },
};
