/** Rows that came with a page: filtered, sorted and cut as Python does it, compared with doing it by hand. */
import { describe, expect, test } from "vitest";
import { type Embedded, type Labels, rowsFrom } from "../src/embedded.ts";
import type { RowsAsked, Slices } from "../src/types.ts";
import { grid, random } from "./fixture.ts";

const r = random(5);
const N = 400;
const x = Array.from({ length: N }, () => grid(Math.round(r() * 20) / 20));
const actual = Array.from({ length: N }, () => Math.floor(r() * 2));
const age = Array.from({ length: N }, () => (r() < 0.1 ? null : Math.round(20 + 40 * r())));
const labels: Labels = { classes: ["no", "yes"], positive: 1, threshold: 0.5 };
const young = age.flatMap((v, i) => (v !== null && v < 30 ? [i] : []));
const sample: Embedded = {
  columns: [{ name: "row", format: "code" }, { name: "actual", format: "text" }, { name: "predicted", format: "text" },
    { name: "score", format: "score" }, { name: "age", format: "number" }],
  rows: x.map((v, i) => [`row ${i}`, labels.classes[actual[i] as number] ?? "", "", v, age[i] ?? null]),
  positions: x.map((_, i) => 3 * i), x, actual, predicted: null,
  picks: { "label-issues": [7, 2, 9], "opposite-duplicates": [] },
  slices: [young], note: "a sample",
};
const conditions = [{ feature: "age", kind: "number", low: null, high: 30 }] as const;
const slices = { items: [{ conditions }] } as unknown as Slices;
const ask = (change: Partial<RowsAsked>) => rowsFrom(sample, labels, slices, {
  cell: null, band: [0, 1], threshold: 0.5, offset: 0, limit: 1000, sort: null, slice: null, pick: null, ...change,
});
const said = (i: number, t: number): number => ((x[i] as number) >= t ? 1 : 0);
const confidence = (i: number, t: number): number => (said(i, t) ? (x[i] as number) : 1 - (x[i] as number));
const all = x.map((_, i) => i);
const of = (indices: number[]): number[] => indices.map((i) => 3 * i);

describe("the rows of a selection", () => {
  test("all errors without a cell, and the note that they are a sample", () => {
    const told = ask({});
    expect(told.positions).toEqual(of(all.filter((i) => said(i, 0.5) !== actual[i])));
    expect(told.note).toBe("a sample");
  });

  test("a cell in a band at another threshold, its predictions told anew", () => {
    const told = ask({ cell: [1, 0], band: [0.6, 0.8], threshold: 0.3 });
    const want = all.filter((i) => actual[i] === 1 && said(i, 0.3) === 0 && confidence(i, 0.3) >= 0.6 && confidence(i, 0.3) < 0.8);
    expect(want.length).toBeGreaterThan(0);
    expect(told.positions).toEqual(of(want));
    expect(new Set(told.rows.map((row) => row[2]))).toEqual(new Set(["no"]));
  });

  test("a subgroup that came with the page; of one that did not there are none", () => {
    const wrong = (i: number): boolean => said(i, 0.5) !== actual[i];
    expect(ask({ slice: conditions }).positions).toEqual(of(young.filter(wrong)));
    expect(ask({ slice: [{ feature: "age", kind: "missing" }] }).total).toBe(0);
  });

  test("suspected rows stand in their own order, whatever the cell", () => {
    expect(ask({ pick: "label-issues", cell: [0, 0] }).positions).toEqual([21, 6, 27]);
  });

  test("sorted either way with missing values last, and in pages", () => {
    for (const direction of ["asc", "desc"] as const) {
      const told = ask({ sort: [4, direction] });
      const ages = told.rows.map((row) => row[4]);
      const known = ages.filter((v): v is number => v !== null);
      expect(ages.slice(known.length).every((v) => v === null)).toBe(true);
      expect(known).toEqual([...known].sort((a, b) => (direction === "asc" ? a - b : b - a)));
      const pages = [0, 30, 60].flatMap((offset) => ask({ sort: [4, direction], offset, limit: 30 }).positions);
      expect(pages).toEqual(told.positions.slice(0, 90));
    }
  });
});
