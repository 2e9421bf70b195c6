/** What pictures do at their ends: bars begin where the axis does, what lies beyond an axis is an arrow, names can be told apart. */
import { describe, expect, test } from "vitest";
import { buildCube, confidenceBars, lowest } from "../src/cube.ts";
import type { Slices } from "../src/types.ts";
import { decodeCube } from "../src/wire.ts";
import { cubeOf, grid, loans, type Rows, tickets } from "./fixture.ts";
import { cubeTraits } from "./model.ts";
import { multiclass } from "./report.ts";
import { subgroupsOf } from "./subgroups.ts";
import { all, mountLoans, mountWith, named } from "./tools.ts";

const many: Rows = { ...tickets(30, 2000), classes: Array.from({ length: 30 }, (_, i) => `class number ${i + 1}`) };

test("bars of thirty classes begin at the least confidence there can be, and hold every row", () => {
  const made = cubeOf(many, [], 4); // a coarse axis: its first stop lies below 1/30
  const cube = buildCube(decodeCube(made.errors, made.buffer) ?? expect.fail());
  const bars = confidenceBars(cube, null);
  expect(bars[0]?.from).toBe(1 / 30);
  expect(lowest(cube, null)).toBe(1 / 30);
  expect(bars.reduce((n, b) => n + b.right + b.wrong, 0)).toBe(2000);
  const { el } = mountWith({ status: "done", _report: multiclass(many.classes), ...cubeTraits(made) });
  const path = el.querySelector(".lw-brush .lw-bar-wrong")?.getAttribute("d") ?? "";
  const starts = [...path.matchAll(/M(-?[\d.]+)/g)].map((m) => Number(m[1]));
  expect(starts.length).toBeGreaterThan(2);
  expect(Math.min(...starts)).toBeGreaterThanOrEqual(8);
});

test("the heads of a window of thirty classes can be told apart", () => {
  const { el } = mountWith({ status: "done", _report: multiclass(many.classes), ...cubeTraits(cubeOf(many)) });
  const heads = all(el, ".lw-matrix thead th bdi").map((e) => e.textContent);
  const sides = all(el, ".lw-matrix tbody th bdi").map((e) => e.textContent);
  for (const names of [heads, sides]) {
    expect(names).toHaveLength(12);
    expect(new Set(names).size).toBe(12);
  }
});

describe("beyond the axis", () => {
  const rows = loans(600);
  const missed = rows.actual.map((a, i) => a === 1 && (rows.x[i] as number) < 0.5);
  const noise = rows.actual.map((_, i) => Math.sin(i * 12.9898));
  const column = (name: string, by: number) => ({ name, kind: "number" as const, values: noise.map((v, i) => v + (missed[i] ? by : 0)) });
  const signal = (el: Element, name: string): Element =>
    all(el, ".lw-contrast tbody tr").find((tr) => tr.querySelector("th")?.textContent === name) as Element;

  test("an estimate is an arrow on its side, and no dot at the end of the axis", () => {
    const { el } = mountLoans({ _cell: [1, 0] }, { ...rows, columns: [column("far", 40), column("low", -40), column("near", 0.9)] });
    for (const [name, sign] of [["far", 1], ["low", -1]] as const) {
      const arrow = signal(el, name).querySelector("path.lw-beyond.lw-dot") as Element;
      expect(Number(arrow.getAttribute("d")?.match(/l(-?\d+) 5/)?.[1]) * sign).toBeGreaterThan(0);
      expect(all(signal(el, name), ".lw-dot")).toHaveLength(1);
    }
    expect(all(signal(el, "near"), ".lw-beyond")).toHaveLength(0);
    expect(all(signal(el, "near"), ".lw-dot")).toHaveLength(1);
  });

  test("an interval that goes on says so at its end", () => {
    const few = { ...rows, actual: rows.actual.slice(0, 60), x: rows.x.slice(0, 60) };
    const { el } = mountLoans({ _cell: [1, 0] }, { ...few, columns: [{ ...column("wide", 0), values: noise.slice(0, 60) }] });
    const row = signal(el, "wide");
    const [low, high] = (row.querySelector("svg title")?.textContent?.replaceAll("\u2212", "-").match(/\[(.*), (.*)\]/)?.slice(1) ?? []).map(Number);
    const axis = Number(all(el, ".lw-contrast thead svg")[0]?.getAttribute("aria-label")?.match(/to (.*)$/)?.[1]);
    const cut = Number((low as number) < -axis) + Number((high as number) > axis);
    expect(cut).toBeGreaterThan(0);
    expect(all(row, ".lw-beyond.lw-whisker")).toHaveLength(cut);
  });
});

test("of a long subgroup every condition is told with its value, and its button says all of it", () => {
  const name = (i: number): string => `sensor_reading_${i}_mean_of_seven_days_before_the_call`;
  const rows = loans(600);
  const columns = [208, 209, 210].map((i, j) => ({ name: name(i), kind: "number" as const, values: rows.actual.map((_, k) => Math.sin(k * (j + 2))) }));
  const all3 = { ...rows, columns: [...columns, { name: "x".repeat(200), kind: "number" as const, values: columns[0]?.values ?? [] }] };
  const base = cubeOf(all3);
  const conditions = columns.map((c, i) => ({ feature: c.name, kind: "number" as const, low: grid(-0.5 - i / 8), high: null }));
  const long = [{ feature: "x".repeat(200), kind: "number" as const, low: null, high: 0.25 }, ...conditions.slice(0, 1)];
  const found = subgroupsOf(all3, base, [conditions, long]);
  const { el } = mountWith({ status: "done", ...cubeTraits(base), ...found }, 640);
  const table = named(el, "table", "Subgroups");
  const [first, second] = all(table, "tbody button");
  for (const i of [208, 209, 210]) expect(first?.textContent).toContain(String(i));
  for (const value of ["-0.5", "-0.625", "-0.75"]) expect(first?.textContent).toContain(`at least ${value}`);
  expect(second?.textContent).toContain("below 0.25");
  expect(second?.textContent).toContain("at least -0.5");
  expect(second?.textContent?.length).toBeLessThan(120);
  expect(first?.title).toBe((found._slices as Slices).items[0]?.text);
});
