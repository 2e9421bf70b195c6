/** Band, threshold, matrix, contrast and rows. */
import { describe, expect, test } from "vitest";
import { cubeOf, grid, loans, tickets } from "./fixture.ts";
import { cubeTraits } from "./model.ts";
import { multiclass } from "./report.ts";
import { all, mountLoans, mountWith, named, press, settle } from "./tools.ts";

const rows = loans();
const confusion = (from: number, to: number, t: number): number[][] => {
  const m = [[0, 0], [0, 0]];
  rows.actual.forEach((a, i) => {
    const x = rows.x[i] as number;
    const p = x >= t ? 1 : 0;
    const c = p ? x : 1 - x;
    if (c >= from && (to >= 1 || c < to)) (m[a] as number[])[p] = ((m[a] as number[])[p] as number) + 1;
  });
  return m;
};
const name = (a: number, p: number, m: number[][]): string => {
  const of = (m[a]?.[0] as number) + (m[a]?.[1] as number);
  const n = m[a]?.[p] as number;
  const words = ["no", "yes"];
  return `actual ${words[a]}, predicted ${words[p]}: ${n.toLocaleString("en-US")} of ${of.toLocaleString("en-US")} (${Math.round((100 * n) / of)} %)`;
};

describe("confusion", () => {
  test("buttons spell their cell out, inside the band", async () => {
    const { el, model } = mountLoans();
    expect(named(el, "button", name(1, 0, confusion(0, 1, 0.5)))).toBeTruthy();
    const band: [number, number] = [grid(0.7), grid(0.9)];
    model.push({ band });
    await settle();
    for (const a of [0, 1]) for (const p of [0, 1]) expect(named(el, "button", name(a, p, confusion(...band, 0.5)))).toBeTruthy();
    expect(el.textContent).toContain("Confusion inside the band");
  });

  test("pressed, cleared, and said in words", async () => {
    const { el, model } = mountLoans();
    const m = confusion(0, 1, 0.5);
    const missed = named(el, "button", name(1, 0, m));
    missed.click();
    await settle();
    expect(model.traits._cell).toEqual([1, 0]);
    expect(model.saves).toBeGreaterThan(0);
    expect(missed.getAttribute("aria-pressed")).toBe("true");
    const positives = (m[1]?.[0] as number) + (m[1]?.[1] as number);
    const text = `${m[1]?.[0]} of ${positives.toLocaleString("en-US")} positives (${((100 * (m[1]?.[0] as number)) / positives).toFixed(1)} %)`;
    expect(el.querySelector(".lw-crumb-sum")?.textContent).toContain(text);
    named(el, "button", "actual yes, predicted no: Clear the cell").click();
    await settle();
    expect(model.traits._cell).toBeNull();
    expect(document.activeElement?.className).toBe("lw-crumb"); // the chip is gone, the focus is not
    missed.click();
    await settle();
    missed.click();
    await settle();
    expect(model.traits._cell).toBeNull();
  });

  test("a share of false negatives is of all positives, also inside a band", async () => {
    const { el } = mountLoans({ _cell: [1, 0], band: [grid(0.7), 1] });
    const m = confusion(0.7, 1, 0.5);
    const positives = rows.actual.filter((a) => a === 1).length;
    expect(el.querySelector(".lw-crumb-sum")?.textContent).toContain(`${m[1]?.[0]} of ${positives.toLocaleString("en-US")} positives`);
  });
});

describe("sliders", () => {
  test("confidence: arrows one step, Page keys ten, Home and End, never crossed", async () => {
    const { el, model } = mountLoans();
    const from = named(el, "slider", "Confidence from");
    const to = named(el, "slider", "Confidence to");
    expect(from.getAttribute("aria-valuemin")).toBe("0");
    expect(from.getAttribute("aria-valuetext")).toBe("0.50, no lower limit");
    const band = () => model.traits.band as [number, number];
    const key = async (el: Element, k: string) => {
      press(el, k);
      await settle();
    };
    await key(from, "ArrowRight");
    const one = band()[0];
    expect(one).toBeGreaterThan(0.5);
    expect(band()[1]).toBe(1);
    await key(from, "PageUp");
    expect(band()[0]).toBeGreaterThan(one);
    await key(from, "PageDown");
    expect(band()[0]).toBe(one);
    await key(to, "PageDown");
    expect(band()[1]).toBeLessThan(1);
    await key(from, "End");
    expect(band()[0]).toBeLessThan(band()[1]);
    await key(to, "ArrowLeft");
    expect(band()[0]).toBeLessThan(band()[1]);
    await key(from, "Home");
    await key(to, "End");
    expect(band()).toEqual([0, 1]);
  });

  test("threshold: moves over edges, and comes back to the one in use", async () => {
    const { el, model } = mountLoans();
    const slider = named(el, "slider", "Threshold");
    slider.focus();
    press(slider, "ArrowLeft");
    await settle();
    const lower = model.traits.threshold as number;
    expect(lower).toBeLessThan(0.5);
    expect(named(el, "button", name(1, 0, confusion(0, 1, lower)))).toBeTruthy();
    press(slider, "ArrowRight");
    await settle();
    expect(model.traits.threshold).toBe(0.5);
    expect(document.activeElement).toBe(slider);
    press(slider, "Home");
    await settle();
    expect(el.querySelector(".lw-crumb")?.textContent).toMatch(/threshold 0\.0/);
  });

  test("dragging draws a band, moves it, and saves at most ten times a second", async () => {
    const { el, model } = mountLoans();
    await settle(); // the rung that is shown first is told too
    const area = el.querySelector(".lw-brush") as HTMLElement;
    area.setPointerCapture = () => {}; // these pointers are made up
    const box = area.getBoundingClientRect();
    const fire = (type: string, share: number, target: Element = area) => target.dispatchEvent(new PointerEvent(type, {
      bubbles: true, cancelable: true, isPrimary: true, button: 0, pointerId: 1, clientX: box.left + 8 + share * (box.width - 16), clientY: box.top + 20,
    }));
    const before = model.saves;
    fire("pointerdown", 0.4);
    for (let i = 0; i <= 20; i++) fire("pointermove", 0.4 + i / 50);
    fire("pointerup", 0.8);
    await settle();
    const [a, b] = model.traits.band as [number, number];
    expect(a).toBeCloseTo(0.7, 1);
    expect(b).toBeCloseTo(0.9, 1);
    expect(model.saves - before).toBeLessThanOrEqual(2);
    fire("pointerdown", 0.6);
    fire("pointermove", 0.7);
    fire("pointerup", 0.7);
    await settle();
    const moved = model.traits.band as [number, number];
    expect(moved[0]).toBeCloseTo(a + 0.05, 1);
    expect(moved[1] - moved[0]).toBeCloseTo(b - a, 1);
    await expect.poll(() => model.saves).toBeGreaterThan(before); // the last value is saved
    // At once, so that no echo of an earlier value can come between.
    const landed = model.saves;
    fire("pointerdown", 0.6);
    fire("pointermove", 0.62);
    fire("pointermove", 0.66);
    fire("pointerup", 0.66);
    expect(model.saves).toBeGreaterThan(landed);
    const last = model.saves;
    await new Promise((done) => setTimeout(done, 150));
    expect(model.saves).toBe(last);
    // An echo of an older band during a drag is ignored.
    fire("pointerdown", 0.6);
    model.push({ band: [0, 1] });
    await settle();
    expect(named(el, "slider", "Confidence from").getAttribute("aria-valuetext")).not.toContain("no lower limit");
    fire("pointerup", 0.6);
  });
});

describe("contrast", () => {
  test("twelve first, then all; the suggestion before any choice", async () => {
    const { el } = mountLoans();
    const table = named(el, "table", "What sets the errors apart") as HTMLTableElement;
    expect(table.tBodies[0]?.rows).toHaveLength(12);
    expect(el.textContent).toContain("No cell is chosen: this starts with the false negatives");
    named(el, "button", /^Show all \d+$/).click();
    await settle();
    expect(table.tBodies[0]?.rows.length).toBeGreaterThan(12);
    expect(table.querySelector(".lw-row-marked .lw-d-mark")?.textContent).toContain("◆");
  });
  test("sentences for the empty", async () => {
    const { el, model } = mountLoans({ _cell: [1, 0] });
    model.push({ band: [0.5, 0.6], threshold: grid(0.1) });
    await settle();
    expect(el.querySelector(".lw-contrast")?.textContent).toContain("No rows in this cell and band.");
  });
});

test("many classes: no threshold, cells by name, heat", () => {
  for (const k of [5, 12]) {
    const data = tickets(k, 1500);
    const { el } = mountWith({ status: "done", _report: multiclass(data.classes), ...cubeTraits(cubeOf(data)) });
    expect(all(el, "[role=slider]").map((s) => s.getAttribute("aria-label"))).toEqual(["Confidence from", "Confidence to"]);
    expect(all(el, ".lw-cell")).toHaveLength(k * k);
    expect(named(el, "button", /^actual billing, predicted outage: \d+ of \d+ \(\d+ %\)$/)).toBeTruthy();
  }
});
