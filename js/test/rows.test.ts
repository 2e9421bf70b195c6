/** The table "Rows": pages, the window over them, keyboard, ticks, export. */
import { describe, expect, test } from "vitest";
import { createPages, PAGE } from "../src/pages.ts";
import { columnsIn, heightOf, lastTop, pxAt, reveal, ROW, scrolled, topAt } from "../src/scroll.ts";
import type { RowsGiven } from "../src/types.ts";
import { Superseded } from "../src/wire.ts";
import type { FakeModel } from "./model.ts";
import { all, type Mounted, mountLoans, mountPanel, named, press, settle } from "./tools.ts";

const COLUMNS: RowsGiven["columns"] = [{ name: "row", format: "code" }, { name: "actual", format: "text" }, { name: "predicted", format: "text" },
  { name: "score", format: "score" }, { name: "age", format: "number" }];
const page = (offset: number, total: number, columns = COLUMNS): RowsGiven => {
  const n = Math.max(0, Math.min(PAGE, total - offset));
  const at = Array.from({ length: n }, (_, i) => offset + i);
  return {
    columns, total, positions: at.map((i) => 2 * i),
    rows: at.map((i) => [1000 + i, "yes", i % 2 ? "yes" : "no", 0.25, 40 + (i % 9), ...columns.slice(5).map((c) => `${c.name} of ${i}`)]),
  };
};

describe("pages", () => {
  interface Asked { offset: number; answer(given: RowsGiven): void; fail(e: Error): void }
  const questions = () => {
    const asked: Asked[] = [];
    const ask = (offset: number) => new Promise<RowsGiven>((answer, fail) => { asked.push({ offset, answer, fail }); });
    return { asked, ask };
  };
  test("fetched as they come into view, kept, at most twelve", async () => {
    const { asked, ask } = questions();
    const pages = createPages();
    pages.ask(ask);
    asked[0]?.answer(page(0, 10_000));
    await expect.poll(() => pages.known.value?.row(5)?.position).toBe(10);
    pages.need(190, 210);
    await expect.poll(() => asked.at(-1)?.offset).toBe(200);
    expect(pages.known.value?.row(205)).toBeNull();
    asked[1]?.answer(page(200, 10_000));
    await expect.poll(() => pages.known.value?.row(205)?.values[0]).toBe(1205);
    pages.need(10, 20); // known
    for (let p = 2; p <= 13; p++) {
      pages.need(p * PAGE, p * PAGE + 10);
      await expect.poll(() => asked.at(-1)?.offset).toBe(p * PAGE);
      asked.at(-1)?.answer(page(p * PAGE, 10_000));
      await expect.poll(() => pages.known.value?.row(p * PAGE)).not.toBeNull();
    }
    expect(asked).toHaveLength(14);
    expect(pages.known.value?.row(0)).toBeNull(); // the oldest made room
    pages.close();
  });
  test("replies to an older question are dropped, and what was known stands until the new one is answered", async () => {
    const { asked, ask } = questions();
    const pages = createPages();
    pages.ask(ask);
    asked[0]?.answer(page(0, 500));
    await expect.poll(() => pages.known.value?.total).toBe(500);
    pages.ask(ask);
    await expect.poll(() => asked.length).toBe(2);
    pages.ask(ask);
    expect(pages.stale.value).toBe(true);
    expect(pages.known.value?.total).toBe(500);
    await expect.poll(() => asked.length).toBe(3);
    asked[1]?.answer(page(0, 7));
    asked[2]?.answer(page(0, 3));
    await expect.poll(() => pages.stale.value).toBe(false);
    expect(pages.known.value?.total).toBe(3);
  });
  test("a failure is told and retried, a superseded question is not one", async () => {
    const { asked, ask } = questions();
    const pages = createPages();
    pages.ask(ask);
    asked[0]?.fail(new Superseded());
    await settle();
    expect(pages.failed.value).toBe("");
    pages.ask(ask);
    await expect.poll(() => asked.length).toBe(2);
    asked[1]?.fail(new Error("gone"));
    await expect.poll(() => pages.failed.value).toBe("gone");
    pages.retry();
    asked[2]?.answer(page(0, 4));
    await expect.poll(() => pages.known.value?.total).toBe(4);
    expect(pages.failed.value).toBe("");
  });
});

describe("scrolling", () => {
  const room = 14 * ROW;
  test.each([20, 3000, 400_000, 5_000_000])("%d rows: both ends are reached, and the bar and the rows agree", (total) => {
    const extent = { total, room };
    expect(heightOf(extent)).toBeLessThanOrEqual(8_000_000);
    expect(topAt(0, extent)).toBe(0);
    expect(topAt(heightOf(extent) - room, extent)).toBeCloseTo(lastTop(extent), 6);
    expect(lastTop(extent) + room / ROW).toBeCloseTo(total, 6);
    for (const share of [0.1, 0.5, 0.93]) {
      const top = share * lastTop(extent);
      expect(topAt(pxAt(top, extent), extent)).toBeCloseTo(top, 6);
    }
  });
  test("a turn of the wheel moves by rows, whatever the scale; a jump goes where the bar stands", () => {
    const extent = { total: 5_000_000, room };
    const at = pxAt(2_000_000, extent);
    expect(scrolled(2_000_000, at, at + 100, extent)).toBeCloseTo(2_000_000 + 100 / ROW, 6);
    expect(scrolled(2_000_000, at, at / 2, extent)).toBeCloseTo(1_000_000, 0);
    expect(scrolled(12, 50, 0, extent)).toBe(0);
  });
  test("rows come into view by the shortest way, columns by their px", () => {
    const extent = { total: 100, room };
    expect([reveal(3, 10, extent), reveal(15, 10, extent), reveal(24, 10, extent)]).toEqual([3, 10, 11]);
    expect(columnsIn([100, 100, 100], 0, 150)).toEqual([0, 2]);
    expect(columnsIn([100, 100, 100], 100, 210)).toEqual([1, 3]);
    expect(columnsIn([], 0, 100)).toEqual([0, 0]);
  });
});

const asked = (model: FakeModel) => model.sent.filter((s) => s.kind === "rows");
/** Answers each request for rows once. */
const serve = (model: FakeModel, total: number, columns = COLUMNS): void => {
  const done = new Set<string>();
  const send = model.send;
  model.send = (content) => {
    send(content);
    const m = content as FakeModel["sent"][number];
    if (m.kind !== "rows" || done.has(m.id)) return;
    done.add(m.id);
    queueMicrotask(() => model.reply({ id: m.id, ok: page(m.offset as number, total, columns) }));
  };
};
const open = async (total: number, values = {}, columns = COLUMNS): Promise<Mounted & { box: HTMLElement }> => {
  const mounted = mountLoans(values);
  serve(mounted.model, total, columns);
  (mounted.el.querySelector(".lw-rows > summary") as HTMLElement).click();
  await expect.poll(() => mounted.el.querySelector("table[aria-label=Rows]")).toBeTruthy();
  await settle();
  return { ...mounted, box: mounted.el.querySelector(".lw-scroll-rows") as HTMLElement };
};
const ids = (el: Element): string[] => all(el, "[data-row]").map((c) => c.getAttribute("aria-label") ?? "");
/** Rows whose middle is inside the box and below the head. */
const seen = (box: HTMLElement): number[] => {
  const { top, bottom } = box.getBoundingClientRect();
  return all(box, "[data-row]").filter((c) => {
    const r = (c.closest("tr") as HTMLElement).getBoundingClientRect();
    return r.top + r.height / 2 > top + 30 && r.top + r.height / 2 < bottom;
  }).map((c) => Number(c.dataset.row));
};

describe("the table", () => {
  test("asked for when open, at once, with the whole selection; a drag asks where it ends", async () => {
    const { el, model } = mountLoans();
    await settle();
    expect(asked(model)).toHaveLength(0);
    (el.querySelector(".lw-rows > summary") as HTMLElement).click();
    await expect.poll(() => asked(model).length).toBe(1);
    expect(asked(model)[0]).toMatchObject({ cell: null, band: [0, 1], threshold: 0.5, slice: null, pick: null, offset: 0, limit: 200, sort: null });
    const area = el.querySelector(".lw-brush") as HTMLElement;
    area.setPointerCapture = () => {}; // these pointers are made up
    const box = area.getBoundingClientRect();
    const fire = (type: string, x: number) => area.dispatchEvent(new PointerEvent(type, { bubbles: true, isPrimary: true, button: 0, pointerId: 1, clientX: box.left + x }));
    fire("pointerdown", 300);
    for (let x = 300; x < 500; x += 10) fire("pointermove", x);
    await settle();
    expect(asked(model)).toHaveLength(1);
    fire("pointerup", 500);
    await expect.poll(() => asked(model).length).toBe(2);
    expect(asked(model)[1]?.band).toEqual(model.traits.band);
  });

  test("only what is seen is drawn, of 5,000,000 rows too; both ends are reached", async () => {
    const { el, box, model } = await open(5_000_000);
    const table = named(el, "table", "Rows");
    expect(table.getAttribute("aria-rowcount")).toBe("5000001");
    expect(all(table, "tbody tr").length).toBeLessThan(30);
    expect(seen(box)[0]).toBe(0);
    box.scrollTop = box.scrollHeight;
    await expect.poll(() => seen(box).at(-1)).toBe(4_999_999);
    await expect.poll(() => el.querySelector("[data-row='4999999']")?.getAttribute("aria-label")).toBe("Select row 5000999");
    expect(all(table, "tbody tr").at(-1)?.getAttribute("aria-rowindex")).toBe("5000001");
    box.scrollTop = box.scrollHeight / 2;
    await expect.poll(() => Math.abs((seen(box)[5] ?? 0) - 2_500_000)).toBeLessThan(20_000);
    const before = seen(box)[0] as number;
    box.scrollTop += 58; // two rows, not two rows of the scale
    await expect.poll(() => seen(box)[0]).toBe(before + 2);
    expect(asked(model).length).toBeLessThan(8);
    // The head stays.
    const head = el.querySelector(".lw-rows-table thead th") as HTMLElement;
    expect(Math.abs(head.getBoundingClientRect().top - box.getBoundingClientRect().top)).toBeLessThan(2);
  });

  test("keyboard: one tab stop, arrows, pages, ends, a tick; the focus is never lost", async () => {
    const { el, box, model } = await open(1000);
    const stops = (): HTMLElement[] => all(el, "[data-row][tabindex='0']");
    expect(stops()).toHaveLength(1);
    stops()[0]?.focus();
    const key = async (k: string): Promise<string | undefined> => {
      press((el.getRootNode() as Document).activeElement as Element, k);
      await settle();
      return (document.activeElement as HTMLElement).dataset.row;
    };
    expect(await key("ArrowDown")).toBe("1");
    expect(await key("PageDown")).toBe("14");
    expect(seen(box)).toContain(14);
    expect(await key("End")).toBe("999");
    await expect.poll(() => document.activeElement?.getAttribute("aria-label")).toBe("Select row 1999");
    expect(await key("PageUp")).toBe("986");
    expect(await key("ArrowUp")).toBe("985");
    (document.activeElement as HTMLElement).click(); // what Space does to a checkbox
    await settle();
    expect(model.traits.selected_rows).toEqual([2 * 985]);
    expect(document.activeElement?.closest("tr")?.className).toContain("lw-selected");
    box.scrollTop = 0; // by the wheel: the row goes, the focus stays in the box
    await expect.poll(() => document.activeElement).toBe(box);
    expect(await key("ArrowDown")).toBe("1");
    expect(await key("Home")).toBe("0");
    expect(stops()).toHaveLength(1);
  });

  test("sorting asks anew and starts at the top; other rows too", async () => {
    const { el, box, model } = await open(1000);
    box.scrollTop = 6000;
    await expect.poll(() => seen(box)[0]).toBeGreaterThan(100);
    const before = asked(model).length;
    const button = all(named(el, "table", "Rows"), "thead button").find((b) => b.textContent === "age") as HTMLElement;
    button.click();
    await expect.poll(() => asked(model).length).toBeGreaterThan(before);
    expect(asked(model).at(-1)).toMatchObject({ sort: [4, "asc"], offset: 0 });
    await expect.poll(() => seen(box)[0]).toBe(0);
    expect(el.querySelectorAll("th[aria-sort=ascending]")).toHaveLength(1);
    button.click();
    await expect.poll(() => asked(model).at(-1)?.sort).toEqual([4, "desc"]);
    button.click();
    await expect.poll(() => asked(model).at(-1)?.sort).toBeNull();
    model.push({ _cell: [1, 0] });
    await expect.poll(() => asked(model).at(-1)?.cell).toEqual([1, 0]);
  });

  test("ticks: a row, the rows in view, none", async () => {
    const { el, box, model } = await open(1000);
    (el.querySelector("[aria-label='Select row 1001']") as HTMLElement).click();
    await settle();
    expect(model.traits.selected_rows).toEqual([2]);
    const everyone = el.querySelector("[aria-label='Select the rows in view']") as HTMLInputElement;
    everyone.click();
    await settle();
    expect(model.traits.selected_rows).toEqual(seen(box).slice(0, 14).map((i) => 2 * i));
    expect(everyone.checked).toBe(true);
    named(el, "button", "Clear").click();
    await settle();
    expect(model.traits.selected_rows).toEqual([]);
  });

  test("300 columns: those in view are drawn, at the same widths wherever one scrolls", async () => {
    const columns = [...COLUMNS, ...Array.from({ length: 295 }, (_, i) => ({ name: `feature ${i}`, format: "text" as const }))];
    const { el, box } = await open(500, {}, columns);
    const table = named(el, "table", "Rows");
    expect(table.getAttribute("aria-colcount")).toBe("300");
    const headers = (): string[] => all(table, "thead th").map((t) => t.textContent?.trim() ?? "");
    expect(headers().length).toBeLessThan(20);
    const wide = table.getBoundingClientRect().width;
    box.scrollLeft = box.scrollWidth;
    await expect.poll(() => headers().at(-1)).toBe("feature 294");
    expect(headers()[0]).toBe("row"); // stands still
    expect(Math.abs(table.getBoundingClientRect().width - wide)).toBeLessThan(1);
    const last = all(table, "thead th").at(-1) as HTMLElement;
    expect(Math.abs(last.getBoundingClientRect().right - box.getBoundingClientRect().left - box.clientWidth)).toBeLessThan(3);
    expect(last.getAttribute("aria-colindex")).toBe("300");
  });

  test("errors are told and retried", async () => {
    const { el, model } = mountLoans();
    (el.querySelector(".lw-rows > summary") as HTMLElement).click();
    await expect.poll(() => asked(model).length).toBe(1);
    model.reply({ id: asked(model)[0]?.id, error: { type: "KeyError", message: "gone" } });
    await expect.poll(() => el.querySelector(".lw-rows [role=alert]")?.textContent).toContain("gone");
    named(el, "button", "Try again").click();
    await expect.poll(() => asked(model).length).toBe(2);
    model.reply({ id: asked(model)[1]?.id, ok: page(0, 3) });
    await expect.poll(() => ids(el)).toEqual(["Select row 1000", "Select row 1001", "Select row 1002"]);
  });

  test("suspects shown instead are named, with what is known of them and the way back", async () => {
    const suspects = { label_issues: { total: 12, note: "Ranked by <b>doubt</b>." }, opposite_duplicates: { total: 0, note: "" } };
    const { el, view, model } = mountPanel({ _suspects: suspects });
    view.pick.value = "label-issues";
    view.rowsOpen.value = true;
    await expect.poll(() => asked(model).at(-1)?.pick).toBe("label-issues");
    model.reply({ id: asked(model).at(-1)?.id, ok: page(0, 12) });
    await expect.poll(() => el.querySelector(".lw-rows .lw-banner")?.textContent).toContain("Suspected label errors (12)");
    expect(el.querySelector(".lw-rows .lw-banner")?.textContent).toContain("Ranked by <b>doubt</b>.");
    named(el, "button", "Download CSV").click();
    expect(model.sent.at(-1)).toMatchObject({ kind: "export", pick: "label-issues" });
    named(el, "button", "Back to the selection").click();
    await expect.poll(() => asked(model).at(-1)?.pick).toBeNull();
    expect(document.activeElement?.tagName).toBe("SUMMARY"); // the button is gone, the focus is not
  });

  test("no rows, and a sample, say so", async () => {
    const { el, model } = mountLoans();
    (el.querySelector(".lw-rows > summary") as HTMLElement).click();
    await expect.poll(() => asked(model).length).toBe(1);
    model.reply({ id: asked(model)[0]?.id, ok: { ...page(0, 0), total: 0 } });
    await expect.poll(() => el.querySelector(".lw-rows")?.textContent).toContain("No rows in this cell and band.");
    model.push({ _cell: [1, 1] });
    await expect.poll(() => asked(model).length).toBe(2);
    model.reply({ id: asked(model)[1]?.id, ok: { ...page(0, 8), note: "a sample of 500 rows" } });
    await expect.poll(() => el.querySelector(".lw-rows")?.textContent).toContain("8 rows · a sample of 500 rows");
  });

  test("Download CSV asks for the selection and says how much was saved", async () => {
    const { el, model } = await open(400_000, { _cell: [1, 0] });
    const clicked: string[] = [];
    const click = HTMLAnchorElement.prototype.click;
    HTMLAnchorElement.prototype.click = function () { clicked.push(this.download); };
    try {
      named(el, "button", "Download CSV").click();
      const request = model.sent.find((s) => s.kind === "export");
      expect(request).toMatchObject({ cell: [1, 0], band: [0, 1], threshold: 0.5, slice: null, pick: null });
      model.reply({ id: request?.id, ok: { csv: "row,actual\n1,yes\n", rows: 100_000, total: 400_000 } });
      await expect.poll(() => el.querySelector("[role=status]")?.textContent).toContain("Saved the first 100,000 of 400,000 rows");
      expect(clicked).toEqual(["rows.csv"]);
    } finally {
      HTMLAnchorElement.prototype.click = click;
    }
  });
});
