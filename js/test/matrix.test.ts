/** The confusion matrix: what its shares are of, and how many classes are searched, ordered and shown a window at a time. */
import { describe, expect, test } from "vitest";
import { confusions, orderOf, othersOf, reach, search, totalsOf, withPartners } from "../src/matrix.ts";
import { cubeOf, grid, type Rows, tickets } from "./fixture.ts";
import { cubeTraits } from "./model.ts";
import { hostileTexts, multiclass } from "./report.ts";
import { all, type Mounted, mountLoans, mountWith, named, press, settle } from "./tools.ts";

const tally = (rows: Rows, keep: (i: number) => boolean = () => true): number[][] => {
  const k = rows.classes.length;
  const m = Array.from({ length: k }, () => new Array<number>(k).fill(0));
  rows.actual.forEach((a, i) => {
    const line = m[a] as number[];
    const p = rows.predicted?.[i] as number;
    if (keep(i)) line[p] = (line[p] as number) + 1;
  });
  return m;
};
const sum = (v: number[]): number => v.reduce((a, b) => a + b, 0);
const data = tickets(30, 6000);
const m = tally(data);
const flat = m.flat();
const cells = m.flatMap((line, a) => line.map((n, p) => ({ a, p, n })));

describe("numbers", () => {
  test("totals, commonest confusions and orders are those of the rows", () => {
    const totals = totalsOf(flat, 30);
    expect([...totals.actual]).toEqual(m.map(sum));
    expect([...totals.predicted]).toEqual(m.map((_, p) => sum(m.map((line) => line[p] as number))));
    const wrong = cells.filter(({ a, p, n }) => a !== p && n > 0).map(({ n }) => n).sort((x, y) => y - x);
    expect(confusions(flat, 30, 9).map(([a, p]) => m[a]?.[p])).toEqual(wrong.slice(0, 9));
    const errors = data.classes.map((_, c) => sum(data.actual.map((a, i) => Number(a !== data.predicted?.[i] && (a === c || data.predicted?.[i] === c)))));
    expect(orderOf(flat, 30, "confused").map((c) => errors[c])).toEqual([...errors].sort((x, y) => y - x));
    expect(orderOf(flat, 30, "given")).toEqual(data.classes.map((_, i) => i));
  });
  test("a window and what it leaves out hold all rows", () => {
    const view = { actual: [3, 0, 29], predicted: [1, 3] };
    const { right, below, corner } = othersOf(flat, 30, view);
    const count = (keepA: (a: number) => boolean, keepP: (p: number) => boolean): number =>
      sum(cells.filter(({ a, p }) => keepA(a) && keepP(p)).map(({ n }) => n));
    const out = (p: number): boolean => !view.predicted.includes(p);
    expect(right).toEqual(view.actual.map((a) => count((x) => x === a, out)));
    expect(below).toEqual(view.predicted.map((p) => count((a) => !view.actual.includes(a), (x) => x === p)));
    expect(corner).toBe(count((a) => !view.actual.includes(a), out));
  });
  test("search ignores case, a class comes with its partners, a window moves no further than needed", () => {
    expect(search(["Billing", "spam", "BILL"], " bill ")).toEqual([0, 2]);
    expect(search(["a"], "  ")).toEqual([]);
    const shown = withPartners(flat, 30, [4], 5);
    const mixed = data.classes.map((_, c) => (c === 4 ? 0 : (m[4]?.[c] as number) + (m[c]?.[4] as number)));
    expect(shown[0]).toBe(4);
    expect(shown.slice(1).map((c) => mixed[c])).toEqual([...mixed].sort((x, y) => y - x).slice(0, 4));
    expect([reach(0, 5, 30), reach(0, 12, 30), reach(10, 3, 30), reach(0, 29, 30)]).toEqual([0, 1, 3, 18]);
  });
});

const mountMany = (rows: Rows, values = {}): Mounted =>
  mountWith({ status: "done", _report: multiclass(rows.classes), ...cubeTraits(cubeOf(rows)), ...values });
const table = (el: Element): HTMLTableElement => el.querySelector(".lw-matrix") as HTMLTableElement;
const nameOf = (rows: Rows, a: number, p: number, of: number[][]): string => {
  const n = of[a]?.[p] as number;
  const total = sum(of[a] as number[]);
  const text = (v: number): string => v.toLocaleString("en-US");
  return `actual ${rows.classes[a]}, predicted ${rows.classes[p]}: ${text(n)} of ${text(total)} (${Math.round((100 * n) / total)} %)`;
};
const input = (el: Element, text: string): void => {
  const box = el.querySelector("input[type=search]") as HTMLInputElement;
  box.value = text;
  box.dispatchEvent(new InputEvent("input", { bubbles: true }));
};

describe("shares", () => {
  test("of actual, of predicted, or counts alone; the names of the buttons stay", async () => {
    const rows = tickets(5, 1500);
    const counts = tally(rows);
    const { el } = mountMany(rows);
    const button = (): HTMLElement => named(el, "button", nameOf(rows, 0, 1, counts));
    const small = (): string | undefined => button().parentElement?.querySelector("small")?.textContent ?? undefined;
    const n = counts[0]?.[1] as number;
    expect(small()).toBe(`${Math.round((100 * n) / sum(counts[0] as number[]))} %`);
    named(el, "button", "of predicted").click();
    await settle();
    expect(small()).toBe(`${Math.round((100 * n) / sum(counts.map((line) => line[1] as number)))} %`);
    expect(named(el, "button", "of predicted").getAttribute("aria-pressed")).toBe("true");
    named(el, "button", "counts").click();
    await settle();
    expect(small()).toBeUndefined();
    expect(button().textContent).toBe(String(n));
  });
});

describe("thirty classes", () => {
  test("twelve by twelve at first, most confused first, with what is left out", () => {
    const { el } = mountMany(data);
    const order = orderOf(flat, 30, "confused").slice(0, 12);
    expect(all(el, ".lw-cell")).toHaveLength(144);
    for (const a of order.slice(0, 3)) for (const p of order) expect(named(table(el), "button", nameOf(data, a, p, m))).toBeTruthy();
    const { right, below, corner } = othersOf(flat, 30, { actual: order, predicted: order });
    const others = all(table(el), "td.lw-cell-other").map((td) => Number(td.textContent?.replace(",", "")));
    expect(others).toEqual([...right, ...below, corner]);
  });

  test("the map moves the window by arrows, keys and pointer, and says where it is", async () => {
    const { el } = mountMany(data);
    const map = named(el, "application", /^Map of all 30 classes/);
    const order = orderOf(flat, 30, "confused");
    const first = (): string | undefined => all(table(el), ".lw-cell")[0]?.getAttribute("aria-label") ?? undefined;
    const key = async (k: string): Promise<void> => {
      press(map, k);
      await settle();
    };
    await key("ArrowDown");
    expect(first()).toBe(nameOf(data, order[1] as number, order[0] as number, m));
    await key("ArrowRight");
    await key("ArrowUp");
    expect(first()).toBe(nameOf(data, order[0] as number, order[1] as number, m));
    expect(el.querySelector("[role=status]")?.textContent).toContain("Actual classes 1 to 12, predicted 2 to 13");
    await key("End");
    expect(first()).toBe(nameOf(data, order[18] as number, order[18] as number, m));
    await key("ArrowDown"); // there is no further
    expect(first()).toBe(nameOf(data, order[18] as number, order[18] as number, m));
    const box = map.getBoundingClientRect();
    map.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true, clientX: box.left + 1, clientY: box.bottom - 1 }));
    await settle();
    expect(first()).toBe(nameOf(data, order[18] as number, order[0] as number, m));
  });

  test("the commonest confusions choose their cell, and the window follows", async () => {
    const { el, model } = mountMany(data);
    const list = named(el, "group", "Most frequent confusions");
    const [a, p] = confusions(flat, 30, 3)[2] as [number, number];
    const chip = all(list, "button")[2] as HTMLElement;
    expect(chip.textContent).toContain(`${data.classes[a]} taken for ${data.classes[p]}`);
    chip.click();
    await settle();
    expect(model.traits._cell).toEqual([a, p]);
    expect(chip.getAttribute("aria-pressed")).toBe("true");
    const last = orderOf(flat, 30, "confused").at(-1) as number;
    model.push({ _cell: [last, last] }); // by Python, out of sight
    await settle();
    expect(named(table(el), "button", nameOf(data, last, last, m)).getAttribute("aria-pressed")).toBe("true");
  });

  test("search shows what it finds beside its partners, or says that there is nothing", async () => {
    const { el } = mountMany(data);
    input(el, "TOPIC 17");
    await settle();
    const rows = all(table(el), "tbody th[scope=row]").map((th) => th.textContent?.replace("actual ", ""));
    expect(rows[0]).toBe("topic 17");
    expect(rows).toHaveLength(13);
    expect(el.textContent).toContain("1 class holds the text, beside the 11 most often confused with it.");
    input(el, "no such class");
    await settle();
    expect(table(el)).toBeNull();
    expect(el.textContent).toContain("0 classes hold the text.");
    input(el, "");
    await settle();
    expect(all(el, ".lw-cell")).toHaveLength(144);
  });

  test("inside a band the counts are those of the band, the order stays", async () => {
    const { el, model } = mountMany(data);
    const band: [number, number] = [grid(0.5), grid(0.8)];
    const inside = tally(data, (i) => (data.x[i] as number) >= band[0] && (data.x[i] as number) < band[1]);
    const before = all(el, ".lw-matrix tbody th").map((th) => th.textContent);
    model.push({ band });
    await settle();
    const order = orderOf(flat, 30, "confused");
    expect(named(table(el), "button", nameOf(data, order[0] as number, order[0] as number, inside))).toBeTruthy();
    expect(all(el, ".lw-matrix tbody th").map((th) => th.textContent)).toEqual(before);
  });
});

test("a hundred classes with hostile and long names", async () => {
  const rows = tickets(100, 8000);
  rows.classes = rows.classes.map((c, i) => (i % 2 ? c : `${hostileTexts[i % 5]}${i}`));
  const { el } = mountMany(rows, { _cell: [0, 1] });
  await settle();
  expect(el.querySelector("img, script")).toBeNull();
  expect(all(el, ".lw-cell")).toHaveLength(144);
  expect(all(el, ".lw-heatmap path").length).toBeLessThanOrEqual(10);
  const root = el.querySelector(".lw") as HTMLElement;
  expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth);
});

test("two classes keep the matrix they had", () => {
  const { el } = mountLoans();
  expect(all(el, ".lw-cell")).toHaveLength(4);
  expect(el.querySelector(".lw-heatmap, .lw-commonest, input[type=search]")).toBeNull();
});
