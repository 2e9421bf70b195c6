/** Costs by threshold, against the rows themselves. */
import { describe, expect, test } from "vitest";
import { cheapest, costCurve, savingOf } from "../src/costs.ts";
import { buildCube } from "../src/cube.ts";
import { decodeCube } from "../src/wire.ts";
import { cubeOf, loans } from "./fixture.ts";
import { all, mountLoans, named, settle } from "./tools.ts";
import { report } from "./report.ts";

const rows = loans();
const { errors, buffer } = cubeOf(rows);
const cube = buildCube(decodeCube(errors, buffer) as NonNullable<ReturnType<typeof decodeCube>>);
const stops = cube.stops.filter((v) => v > 0 && v < 1);
const by = (t: number, missed: number, alarm: number) => {
  let [fn, fp] = [0, 0];
  rows.actual.forEach((a, i) => {
    const yes = (rows.x[i] as number) >= t;
    if (a === 1 && !yes) fn++;
    if (a === 0 && yes) fp++;
  });
  return { fn, fp, cost: ((fn * missed + fp * alarm) / rows.actual.length) * 1000 };
};

describe("arithmetic", () => {
  test.each([[1, 1], [5, 1], [1, 20], [0.25, 0.1]])("missed %d, false alarm %d: every threshold as counted row by row", (missed, alarm) => {
    const curve = costCurve(cube, { missed, alarm }, stops);
    let least = Number.POSITIVE_INFINITY;
    for (const p of curve) {
      const want = by(p.threshold, missed, alarm);
      expect([p.missed, p.alarms]).toEqual([want.fn, want.fp]);
      expect(p.cost).toBeCloseTo(want.cost, 9);
      least = Math.min(least, want.cost);
    }
    const best = cheapest(curve, 0.5);
    expect(best?.cost).toBeCloseTo(least, 9);
    const tied = curve.filter((p) => Math.abs(p.cost - least) < 1e-9).map((p) => Math.abs(p.threshold - 0.5));
    expect(Math.abs((best?.threshold ?? 0) - 0.5)).toBe(Math.min(...tied));
  });

  test("a saving is the mean over rows of what each saves, with its standard error", () => {
    const costs = { missed: 4, alarm: 1 };
    const [from, to] = costCurve(cube, costs, [0.5, stops[40] as number]);
    if (!from || !to) throw new Error("two points");
    const cost = (i: number, t: number): number => {
      const yes = (rows.x[i] as number) >= t;
      return rows.actual[i] ? (yes ? 0 : costs.missed) : yes ? costs.alarm : 0;
    };
    const each = rows.actual.map((_, i) => cost(i, from.threshold) - cost(i, to.threshold));
    const mean = each.reduce((a, b) => a + b, 0) / each.length;
    const variance = each.reduce((a, b) => a + (b - mean) ** 2, 0) / each.length;
    const half = 1.96 * Math.sqrt(variance / each.length);
    const { saved, low, high } = savingOf(from, to, costs);
    expect(saved).toBeCloseTo(1000 * mean, 9);
    expect(low).toBeCloseTo(1000 * (mean - half), 6);
    expect(high).toBeCloseTo(1000 * (mean + half), 6);
  });

  test("no rows cost nothing", () => {
    const empty = cubeOf({ ...rows, actual: [], x: [], columns: [] });
    const none = buildCube(decodeCube(empty.errors, empty.buffer) as NonNullable<ReturnType<typeof decodeCube>>);
    const curve = costCurve(none, { missed: 1, alarm: 1 }, [0.25, 0.5]);
    expect(curve.map((p) => p.cost)).toEqual([0, 0]);
    expect(savingOf(curve[0] as never, curve[1] as never, { missed: 1, alarm: 1 })).toEqual({ saved: 0, low: 0, high: 0 });
  });
});

describe("in the explorer", () => {
  const opened = async (values = {}) => {
    const mounted = mountLoans(values);
    all(mounted.el, ".lw-folds summary").find((s) => s.textContent?.startsWith("Thresholds"))?.click();
    await settle();
    return mounted;
  };
  const field = (el: Element, name: string): HTMLInputElement =>
    all(el, "label").find((l) => l.textContent?.startsWith(name))?.querySelector("input") as HTMLInputElement;
  const type = async (box: HTMLInputElement, text: string): Promise<void> => {
    box.value = text;
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await settle();
  };

  test("a dear miss lowers the cheapest threshold; the button takes it; refused input changes nothing", async () => {
    const { el, model } = await opened();
    expect(el.textContent).toContain("It is chosen on these rows, so the saving is optimistic");
    await type(field(el, "Cost of a missed yes"), "12");
    const want = cheapest(costCurve(cube, { missed: 12, alarm: 1 }, stops), 0.5);
    named(el, "button", "Use the cheapest").click();
    await settle();
    expect(model.traits.threshold).toBe(want?.threshold);
    expect(model.traits.threshold as number).toBeLessThan(0.5);
    expect(named(el, "button", "Use the cheapest").getAttribute("aria-disabled")).toBe("true");
    const lines = (named(el, "table", "At the marked thresholds") as HTMLTableElement).tBodies[0]?.rows;
    expect(lines?.[1]?.cells[0]?.textContent).toContain("selected, cheapest");
    expect(lines?.[1]?.cells[6]?.textContent).toBe(want?.missed.toLocaleString("en-US"));
    for (const bad of ["0", "-1", ""]) {
      await type(field(el, "Cost of a false alarm"), bad);
      expect(el.textContent).toContain("a number above 0");
      expect(lines?.[1]?.cells[7]?.textContent).toBe(want?.alarms.toLocaleString("en-US"));
    }
  });

  test("the costs of the report come first", async () => {
    const own = report();
    const { el } = await opened({ _report: { ...own, data: { ...own.data, costs: { false_positive: 2, false_negative: 7 } } } });
    expect(field(el, "Cost of a missed yes").value).toBe("7");
    expect(field(el, "Cost of a false alarm").value).toBe("2");
  });
});
