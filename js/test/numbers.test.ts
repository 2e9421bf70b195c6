/** The cube and the contrast against brute force over the rows. */
import { describe, expect, test } from "vitest";
import { benjaminiHochberg, contrastOf, othersOf } from "../src/contrast.ts";
import {
  buildCube, cellsOf, confidenceBars, confidenceOf, type Cube, matrixOf, scoreBars, thresholdCurve,
} from "../src/cube.ts";
import { compareMeans, compareShares, erfc, fisher, logGamma, type Side, studentP } from "../src/inference.ts";
import { expectedErrors } from "../src/kinds.ts";
import type { Band, Cell } from "../src/types.ts";
import { decodeCube } from "../src/wire.ts";
import { cubeOf, GRID, grid, loans, normal, random, type Rows } from "./fixture.ts";

const build = (rows: Rows, edges: number[] = []): Cube => {
  const { errors, buffer } = cubeOf(rows, edges);
  const raw = decodeCube(errors, buffer);
  if (!raw) throw new Error("not of one piece");
  return buildCube(raw);
};
const predictedOf = (rows: Rows, i: number, t: number | null): number =>
  rows.predicted ? (rows.predicted[i] as number) : (rows.x[i] as number) >= (t as number) ? 1 : 0;
const confidence = (rows: Rows, i: number, t: number | null): number =>
  rows.predicted || predictedOf(rows, i, t) === 1 ? (rows.x[i] as number) : 1 - (rows.x[i] as number);
const inside = (c: number, [from, to]: Band): boolean => from <= c && (to >= 1 ? c <= 1 : c < to);
const pickRows = (rows: Rows, cells: readonly Cell[], band: Band, t: number | null): number[] =>
  rows.actual.map((_, i) => i).filter((i) =>
    cells.some(([a, p]) => rows.actual[i] === a && predictedOf(rows, i, t) === p) && inside(confidence(rows, i, t), band));

/** Scores in tenths: every one of them ties with an edge. */
function tied(binary: boolean, n = 600): Rows {
  const r = random(binary ? 3 : 4);
  const k = binary ? 2 : 4;
  const rows: Rows = {
    classes: ["a", "b", "c", "d"].slice(0, k), positive: binary ? 1 : null, threshold: binary ? 0.5 : null, actual: [], x: [],
    predicted: binary ? null : [], columns: [],
  };
  const num: number[] = [], gap: number[] = [], kind: string[] = [], two: string[] = [], day: number[] = [];
  for (let i = 0; i < n; i++) {
    rows.actual.push(Math.floor(r() * k));
    rows.x.push(grid(binary ? Math.round(r() * 10) / 10 : 0.3 + Math.round(r() * 7) / 10));
    rows.predicted?.push(r() < 0.7 ? (rows.actual[i] as number) : Math.floor(r() * k));
    num.push(1e6 + normal(r) + (rows.actual[i] as number));
    gap.push(r() < 0.3 ? Number.NaN : normal(r));
    kind.push("uvwxyz"[Math.floor(r() * 6)] as string);
    two.push(r() < 0.2 ? "yes" : "no");
    day.push(Date.UTC(2020, 0, 1 + Math.floor(r() * 300)));
  }
  rows.columns = [{ name: "num", kind: "number", values: num }, { name: "gap", kind: "number", values: gap },
    { name: "kind", kind: "category", values: kind }, { name: "two", kind: "category", values: two },
    { name: "day", kind: "datetime", values: day }];
  return rows;
}

const BANDS: Band[] = [[0, 1], [0, 0.7], [0.7, 1], [0.6, 0.8], [0.5, 0.9], [0.9, 1], [grid(0.6) + GRID, 1 - GRID]];

describe("every cell in every band holds exactly its rows, ties included", () => {
  for (const t of [0.5, 0.5 + GRID, 0.3, 0.7, 0.1, 1]) {
    test(`two classes, threshold ${t}`, () => {
      const rows = tied(true);
      const bands = BANDS.map(([a, b]): Band => [grid(a), grid(b)]);
      const cube = build(rows, [t, ...bands.flat()]);
      for (const band of bands) {
        const m = matrixOf(cube, band, grid(t));
        cellsOf(cube).forEach((cell, i) => {
          const want = pickRows(rows, [cell], band, grid(t));
          expect(m[i], `${cell} in ${band}`).toBe(want.length);
          const mean = want.reduce((s, j) => s + confidence(rows, j, grid(t)), 0) / want.length;
          const got = confidenceOf(cube, [cell], band, grid(t));
          if (want.length) expect(got).toBeCloseTo(mean, 10);
          else expect(got).toBeNull();
        });
      }
    });
  }
  test("four classes", () => {
    const rows = tied(false);
    for (const asked of BANDS) {
      const band: Band = [grid(asked[0]), grid(asked[1])];
      const cube = build(rows, [...band]);
      expect([...matrixOf(cube, band, null)]).toEqual(cellsOf(cube).map((c) => pickRows(rows, [c], band, null).length));
    }
  });
  test("continuous scores at random edges", () => {
    const rows = loans(1500);
    const cube = build(rows);
    const r = random(5);
    for (let i = 0; i < 60; i++) {
      const at = (): number => cube.stops[Math.floor(r() * cube.stops.length)] as number;
      const [a, b, t] = [at(), at(), at()];
      const band: Band = a < b ? [a, b] : a > b ? [b, a] : [0, 1];
      expect([...matrixOf(cube, band, t)]).toEqual(cellsOf(cube).map((c) => pickRows(rows, [c], band, t).length));
    }
  });
});

test("histograms lose no row", () => {
  for (const t of [0.5, 0.5 + GRID, 0.3]) {
    const rows = tied(true);
    const cube = build(rows, [t]);
    const bars = confidenceBars(cube, grid(t));
    expect(bars.reduce((n, b) => n + b.right + b.wrong, 0)).toBe(600);
    expect(bars.reduce((n, b) => n + b.wrong, 0)).toBe(pickRows(rows, [[0, 1], [1, 0]], [0, 1], grid(t)).length);
    const scored = [0, 1].flatMap((a) => scoreBars(cube, a, grid(t)));
    expect(scored.reduce((n, b) => n + b.right + b.wrong, 0)).toBe(600);
  }
});

test("the threshold curve is that of the rows", () => {
  const rows = tied(true);
  const cube = build(rows);
  for (const p of thresholdCurve(cube, [0.2, 0.5, 0.9].map(grid))) {
    const n = (a: number, q: number): number => pickRows(rows, [[a, q]], [0, 1], p.threshold).length;
    expect(p.recall).toBeCloseTo(n(1, 1) / (n(1, 1) + n(1, 0)), 12);
    expect(p.precision).toBeCloseTo(n(1, 1) / (n(1, 1) + n(0, 1)), 12);
    expect(p.f1).toBeCloseTo((2 * n(1, 1)) / (2 * n(1, 1) + n(0, 1) + n(1, 0)), 12);
  }
});

test("stops are no ends of atoms, and keep the threshold in use", () => {
  const rows = { ...tied(true), threshold: grid(0.5) + GRID };
  const cube = build(rows);
  for (let i = 1; i < cube.stops.length; i++) {
    const gap = (cube.stops[i] as number) - (cube.stops[i - 1] as number);
    if (gap < 2 * GRID) expect(cube.stops[i]).toBe(rows.threshold);
  }
  expect([...cube.stops]).toContain(rows.threshold);
  expect(cube.stops[0]).toBe(0);
  expect(cube.stops.at(-1)).toBe(1);
});

const moments = (v: number[]) => {
  const mean = v.reduce((a, b) => a + b, 0) / v.length;
  return { n: v.length, mean, variance: v.reduce((a, b) => a + (b - mean) ** 2, 0) / (v.length - 1) };
};

describe("what sets a cell apart", () => {
  const cases: [string, Rows, Cell, Band, number | null][] = [
    ["two classes, missed", tied(true), [1, 0], [0.6, 0.9], 0.5], ["two classes, found", tied(true), [1, 1], [0, 1], 0.4],
    ["four classes, mistaken", tied(false), [0, 2], [0, 1], null], ["four classes, right", tied(false), [1, 1], [0.5, 1], null],
  ];
  for (const [name, rows, cell, asked, t] of cases) {
    test(name, () => {
      const band: Band = [grid(asked[0]), grid(asked[1])];
      const cube = build(rows, [...band, ...(t === null ? [] : [t])]);
      const found = contrastOf(cube, cell, band, t === null ? null : grid(t));
      const here = pickRows(rows, [cell], band, t && grid(t));
      const there = pickRows(rows, othersOf(cube, cell), [0, 1], t && grid(t));
      expect([found.rows, found.against]).toEqual([here.length, there.length]);
      expect(found.signals).toHaveLength(1 + 2 + 6 + 1 + 1); // num · gap, gap is missing · kind · two · day
      for (const s of found.signals) {
        const column = rows.columns.find((c) => c.name === s.feature);
        const take = (at: number[]): number[] => at.map((i) => column?.values[i]).map((v) =>
          s.kind === "level" ? Number(v === s.level) : s.kind === "missing" ? Number(Number.isNaN(v)) : Number(v))
          .filter((v) => !Number.isNaN(v));
        const [a, b] = [moments(take(here)), moments(take(there))];
        const pooled = Math.sqrt(((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (a.n + b.n - 2));
        const angle = (share: number): number => Math.acos(1 - 2 * share); // 2 asin √p
        const share = s.kind === "level" || s.kind === "missing";
        expect(s.here / a.mean || 1).toBeCloseTo(1, 9);
        expect(s.d, s.feature).toBeCloseTo(share ? angle(a.mean) - angle(b.mean) : (a.mean - b.mean) / pooled, 7);
        expect(s.low).toBeLessThan(s.d);
        if (!share) expect(s.d - s.low).toBeCloseTo(s.high - s.d, 7);
        expect(s.expected === null, s.feature).toBe(t === null);
      }
      expect(found.signals.find((s) => s.feature === "two")?.level).toBe("yes");
      const order = found.signals.map((s) => [Number(!s.survives), -Math.abs(s.d)] as const);
      expect(order).toEqual([...order].sort((x, y) => x[0] - y[0] || x[1] - y[1]));
    });
  }
  test("what is constant in the class has no signal, whatever the rounding", () => {
    const rows = tied(true);
    const r = random(8);
    rows.columns = [{ name: "constant", kind: "number", values: rows.actual.map((a) => (a === 1 ? 0.1 : normal(r))) }];
    expect(contrastOf(build(rows), [1, 0], [0, 1], 0.5).signals).toEqual([]);
  });
});

test("erfc and Benjamini–Hochberg", () => {
  // Abramowitz & Stegun, table 7.1 and 7.3
  for (const [x, want] of [[0, 1], [0.5, 0.4795001221869535], [1, 0.15729920705028513], [2, 0.004677734981047266], [3, 2.209049699858544e-5], [5, 1.5374597944280349e-12]] as const) {
    expect(erfc(x) / want).toBeCloseTo(1, 11);
  }
  expect(erfc(-1)).toBeCloseTo(2 - 0.15729920705028513, 12);
  const p = [0.01, 0.04, 0.03, 0.005, 0.9];
  // sorted 0.005 0.01 0.03 0.04 0.9 against 0.01 0.02 0.03 0.04 0.05
  expect(benjaminiHochberg(p)).toEqual([true, true, true, true, false]);
  expect(benjaminiHochberg([0.2, 0.011, 0.9])).toEqual([false, true, false]);
  expect(benjaminiHochberg([])).toEqual([]);
});

test("Student's t and Fisher's exact test, against scipy", () => {
  for (const [t, df, want] of [
    [2, 1, 0.2951672353008664], [0.3, 2.5, 0.7873423714951973], [2.5, 7.25, 0.03986552075891457], [6, 30, 1.3942768767204764e-06], [0.7, 4000, 0.4839680126234676], [9, 99999, 2.295409390361918e-19],
  ] as const) {
    expect(studentP(t, df) / want, `t ${t}, ${df} degrees of freedom`).toBeCloseTo(1, 9);
  }
  expect(studentP(0, 5)).toBe(1);
  for (const [[a, b, c, d], want] of [
    [[3, 5, 10, 300], 0.0011616560847040407], [[0, 12, 40, 300], 0.37335683811632575], [[7, 9, 7, 11], 0.8513931888544891], [[400, 1000, 330, 1000], 0.0013439273116642348],
  ] as const) {
    expect(fisher(a, b, c, d) / want, `${[a, b, c, d]}`).toBeCloseTo(1, 9);
  }
  expect(fisher(10_300, 100_000, 9700, 100_000) / 8.008065497751137e-06).toBeCloseTo(1, 2); // by the normal distribution
  expect(fisher(2, 4, 3, 6)).toBe(1);
  // What is no count, as while a cube is on its way, ends all the same.
  for (const odd of [-1e300, Number.NaN, Number.POSITIVE_INFINITY]) {
    for (const call of [() => fisher(odd, 3, 1, 4), () => fisher(1, 3, odd, 4), () => studentP(1, odd), () => logGamma(odd)]) expect(call()).toBeTypeOf("number");
  }
});

test("intervals: constants and shares of all or nothing have finite ones, two rows wide ones", () => {
  const side = (n: number, mean: number, variance = 0): Side => ({ n, mean, variance, expected: null });
  const split = compareShares(side(100, 1), side(100, 0));
  expect([split.d, split.high]).toEqual([Math.PI, Math.PI]);
  expect(split.low).toBeCloseTo(Math.PI - Math.SQRT2 * Math.acos(1 - 2 * (1.96 ** 2 / (100 + 1.96 ** 2))), 9);
  expect(split.p).toBeLessThan(1e-50);
  const two = compareMeans(side(2, 1, 1), side(2, 0, 1));
  expect(two.high - two.d).toBeCloseTo(4.302652729911275 * Math.hypot(1, 1 / Math.sqrt(8)), 7); // t of 2 degrees, 97.5 %
  expect(compareMeans(side(2, 1), side(300, 0.1, 0.09)).p).toBeGreaterThan(0.0199); // both ones of a tenth: 1 in 100, two-sided
});

test("300 features and a drag: one answer well within a frame", () => {
  const cube = build(loans(3000, 300));
  contrastOf(cube, [1, 0], [0.6, 0.9], 0.5);
  const times = Array.from({ length: 20 }, () => {
    const start = performance.now();
    matrixOf(cube, [0.6, 0.9], 0.5);
    contrastOf(cube, [1, 0], [0.6, 0.9], 0.5);
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(16); // the least: other work on the machine is not ours
});

test("errors to expect are what is missing from the confidence of all rows", () => {
  const rows = tied(true);
  const cube = build(rows, [0.6]);
  const all = pickRows(rows, cellsOf(cube), [0.6, 1], 0.5).map((i) => 1 - confidence(rows, i, 0.5));
  expect(expectedErrors(cube, null, [0.6, 1], 0.5)).toBeCloseTo(all.reduce((a, b) => a + b), 8);
  const cells = ([[0, 1], [1, 0]] as Cell[]).map((cell) => expectedErrors(cube, cell, [0.6, 1], 0.5) ?? 0);
  expect(cells[0] as number + (cells[1] as number)).toBeCloseTo(all.reduce((a, b) => a + b), 8);
  expect(expectedErrors(cube, [1, 1], [0, 1], 0.5)).toBeNull();
});
