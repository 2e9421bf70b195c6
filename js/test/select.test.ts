/** Undo, breadcrumb, subgroups, distribution: the selection and what hangs on it. */
import { describe, expect, test, vi } from "vitest";
import { cubeOf, grid, loans, type Rows, tickets } from "./fixture.ts";
import { cubeTraits, fakeModel } from "./model.ts";
import { hostileTexts, multiclass, report } from "./report.ts";
import { LOAN_SLICES, meets, sliceCube, subgroupsOf, suspects, wrong } from "./subgroups.ts";
import { all, type Mounted, mountModel, mountWith, named, press, settle } from "./tools.ts";

const rows = loans();
const base = cubeOf(rows);
const found = subgroupsOf(rows, base, LOAN_SLICES);
const mount = (values: Record<string, unknown> = {}, width?: number): Mounted =>
  mountWith({ status: "done", _report: report(), ...cubeTraits(base), ...found, ...values }, width);
const MISSING = "employment_years is missing";
const asked = (m: Mounted, kind: string) => m.model.sent.filter((s) => s.kind === kind);
const chips = (el: Element): (string | null)[] => all(el, ".lw-crumb-chips .lw-chip").map((c) => c.getAttribute("aria-label") ?? c.textContent);
const crumb = (el: Element): string => all(el, ".lw-crumb-chips li").map((li) => li.textContent).join(" ");
const subgroup = (el: Element, name = MISSING): HTMLElement => named(named(el, "table", "Subgroups"), "button", name);
const undo = (el: Element): HTMLElement => named(el, "button", /^Undo/);
const cell = (el: Element, actual: string, predicted: string): HTMLElement =>
  named(el, "button", new RegExp(`^actual ${actual}, predicted ${predicted}: [\\d,]+ of`));
const inside = (slice: (typeof LOAN_SLICES)[number], keep: (i: number) => boolean = () => true): number[] =>
  rows.actual.map((_, i) => i).filter(meets(rows, slice)).filter(keep);

describe("breadcrumb", () => {
  test("says what is selected, part by part, and clears part by part", async () => {
    const { el, model } = mount({ _cell: [1, 0], band: [grid(0.6), grid(0.8)], _slice: LOAN_SLICES[1], threshold: grid(0.4) });
    expect(chips(el)).toEqual([
      "actual yes, predicted no: Clear the cell", "confidence 0.60 to 0.80: Clear the band", `${MISSING}: Clear the subgroup`,
      "threshold 0.40: Back to the threshold in use, 0.50",
    ]);
    expect(crumb(el)).toContain("3,000 validation rows");
    named(el, "button", `${MISSING}: Clear the subgroup`).click();
    await settle();
    expect(model.traits._slice).toBeNull();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("Selection");
    named(el, "button", "Clear all").click();
    await settle();
    expect(model.traits).toMatchObject({ _cell: null, band: [0, 1], threshold: 0.5 });
    expect(chips(el)).toEqual(["threshold 0.50"]);
    await expect.poll(() => el.querySelector("[role=status]")?.textContent).toContain("3,000 validation rows, threshold 0.50. 3,000 rows");
    expect(all(el, "[role=status]")).toHaveLength(1);
  });

  test("a subgroup from Python that nobody found is put in words", () => {
    const { el } = mount({ _slice: [{ feature: "age", kind: "number", low: 20, high: 30 }, { feature: "grade", kind: "level", level: "A" }] });
    expect(chips(el)[0]).toBe("age from 20 to below 30 and grade is A: Clear the subgroup");
  });

  test("the code follows the selection and is copied", async () => {
    const { el } = mount({ _cell: [1, 0] });
    const details = el.querySelector(".lw-crumb details") as HTMLDetailsElement;
    details.open = true;
    await settle();
    await settle();
    const code = () => details.querySelector("code:not(.lw-mono)")?.textContent ?? "";
    expect(code()).toContain('chosen = (actual == "yes") & (predicted == "no")');
    cell(el, "no", "yes").click();
    await settle();
    expect(code()).toContain('chosen = (actual == "no") & (predicted == "yes")');
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    named(el, "button", "Copy code").click();
    await expect.poll(() => write.mock.calls[0]?.[0]).toBe(code());
    vi.restoreAllMocks();
  });
});

describe("undo", () => {
  test("step by step back and forth, named, by button and by key; a new step ends redo", async () => {
    const { el, model } = mount();
    expect(undo(el).getAttribute("aria-disabled")).toBe("true");
    cell(el, "yes", "no").click();
    await settle();
    subgroup(el).click();
    await settle();
    expect(undo(el).getAttribute("aria-label")).toBe(`Undo: ${MISSING}`);
    undo(el).click();
    await settle();
    expect(model.traits).toMatchObject({ _cell: [1, 0], _slice: null });
    expect(undo(el).getAttribute("aria-label")).toBe("Undo: actual yes, predicted no");
    expect(named(el, "button", /^Redo/).getAttribute("aria-label")).toBe(`Redo: ${MISSING}`);
    expect(el.querySelector("[role=status]")?.textContent).toBe(`Undone: ${MISSING}`);
    const key = (init: KeyboardEventInit) => cell(el, "yes", "no").dispatchEvent(new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }));
    key({ key: "z", ctrlKey: true });
    await settle();
    expect(model.traits._cell).toBeNull();
    key({ key: "Z", metaKey: true, shiftKey: true });
    await settle();
    expect(model.traits._cell).toEqual([1, 0]);
    cell(el, "no", "no").click();
    await settle();
    expect(named(el, "button", /^Redo/).getAttribute("aria-disabled")).toBe("true");
  });

  test("keys in a field are the field's, in the panel nobody else's", async () => {
    const { el, model } = mount({}, 1000);
    cell(el, "yes", "no").click();
    await settle();
    const leaked = vi.fn();
    document.addEventListener("keydown", leaked);
    const z = () => new KeyboardEvent("keydown", { key: "z", ctrlKey: true, bubbles: true, cancelable: true });
    el.querySelector("select[aria-label='Order of the subgroups']")?.dispatchEvent(z());
    await settle();
    expect(model.traits._cell).toEqual([1, 0]);
    expect(leaked).toHaveBeenCalledTimes(1);
    cell(el, "yes", "no").dispatchEvent(z());
    document.removeEventListener("keydown", leaked);
    expect(leaked).toHaveBeenCalledTimes(1);
    await settle();
    expect(model.traits._cell).toBeNull();
  });

  test("a drag is one step, a run of arrow keys another", async () => {
    const { el, model } = mount();
    const area = el.querySelector(".lw-brush") as HTMLElement;
    area.setPointerCapture = () => {};
    const box = area.getBoundingClientRect();
    const fire = (type: string, share: number) => area.dispatchEvent(new PointerEvent(type, {
      bubbles: true, cancelable: true, isPrimary: true, button: 0, pointerId: 1, clientX: box.left + 8 + share * (box.width - 16), clientY: box.top + 20,
    }));
    fire("pointerdown", 0.4);
    for (let i = 0; i <= 10; i++) {
      fire("pointermove", 0.4 + i / 25);
      await settle();
    }
    fire("pointerup", 0.8);
    await settle();
    const dragged = model.traits.band;
    const to = named(el, "slider", "Confidence to");
    for (let i = 0; i < 4; i++) {
      press(to, "ArrowLeft");
      await settle();
    }
    expect(model.traits.band).not.toEqual(dragged);
    undo(el).click();
    await settle();
    expect(model.traits.band).toEqual(dragged);
    undo(el).click();
    await settle();
    expect(model.traits.band).toEqual([0, 1]);
    expect(undo(el).getAttribute("aria-disabled")).toBe("true");
  });

  test("choices that follow each other fast are told at once: an echo of the first would undo the second", async () => {
    const { el, model } = mount();
    for (const cell of [[1, 0], [0, 1], [1, 1]] as const) {
      const before = model.saves;
      const button = [...el.querySelectorAll<HTMLElement>(".lw-matrix button")][2 * cell[0] + cell[1]] as HTMLElement;
      button.click();
      expect(model.traits._cell).toEqual([...cell]);
      expect(model.saves).toBe(before + 1);
    }
    await settle();
  });

  test("what Python sets is a step, two traits of one message one step, and undo tells Python", async () => {
    const { el, model } = mount();
    model.push({ band: [grid(0.7), 1], _cell: [1, 0] });
    await settle();
    model.push({ band: [grid(0.8), 1] });
    await settle();
    const before = model.saves;
    undo(el).click();
    await settle();
    expect(model.traits).toMatchObject({ band: [grid(0.7), 1], _cell: [1, 0] });
    expect(model.saves).toBe(before + 1); // at once, and both traits in one message
    undo(el).click();
    await settle();
    expect(model.traits).toMatchObject({ band: [0, 1], _cell: null });
  });

  test("a new climb begins a new history", async () => {
    const { el, model } = mount();
    cell(el, "yes", "no").click();
    await settle();
    model.push(cubeTraits(cubeOf(loans(500))));
    await settle();
    expect(undo(el).getAttribute("aria-disabled")).toBe("true");
  });
});

describe("subgroups", () => {
  const cells = (el: Element, at: number): string[] =>
    [...((named(el, "table", "Subgroups") as HTMLTableElement).tBodies[0]?.rows[at]?.cells ?? [])].map((c) => c.textContent ?? "");

  test("searching, none, notes", async () => {
    const { el, model } = mount({ _slices: null, status: "running" });
    expect(el.querySelector(".lw-subgroups")?.textContent).toContain("Searching subgroups…");
    model.push({ status: "done" }); // cancelled, or rows that stay in a table elsewhere
    await settle();
    expect(el.querySelector(".lw-subgroups")?.textContent).toContain("Subgroups were not searched.");
    model.push({ _slices: { ...(found._slices as object), items: [], sampled: 20000, notes: [hostileTexts[0]] }, _slice_cube: new DataView(new ArrayBuffer(0)) });
    await settle();
    expect(el.querySelector(".lw-subgroups")?.textContent).toContain("No subgroup of the 3,000 rows has clearly more errors than the rest.");
    expect(el.querySelector(".lw-subgroups")?.textContent).toContain(`Searched in a sample of 20,000 rows. ${hostileTexts[0]}`);
    expect(el.querySelector("img")).toBeNull();
  });

  test("counts follow band and threshold: the same as filtering the rows", async () => {
    const { el, model } = mount();
    const [band, threshold] = [[grid(0.7), grid(0.9)] as const, grid(0.4)];
    model.push({ band, threshold });
    await settle();
    const keep = (i: number): boolean => {
      const x = rows.x[i] as number;
      const c = x >= threshold ? x : 1 - x;
      return c >= band[0] && c < band[1];
    };
    LOAN_SLICES.forEach((slice, s) => {
      const here = inside(slice, keep);
      const bad = here.filter((i) => wrong(rows, i, threshold)).length;
      expect(cells(el, s).slice(1, 3)).toEqual([String(here.length), String(bad)]);
      expect(cells(el, s)[3]).toContain(here.length ? `${((100 * bad) / here.length).toFixed(1)} %` : "–");
    });
    expect(el.querySelector(".lw-subgroups")?.textContent).toContain("of the search, at threshold 0.50");
  });

  test("by excess errors", async () => {
    const { el } = mount();
    const select = el.querySelector("select[aria-label='Order of the subgroups']") as HTMLSelectElement;
    select.value = "excess";
    select.dispatchEvent(new Event("change", { bubbles: true }));
    await settle();
    const excess = LOAN_SLICES.map((_, i) => Number(cells(el, i)[5]?.replace("\u2212", "-")));
    expect(excess).toEqual([...excess].sort((a, b) => b - a));
  });

  test("chosen: counts at once, all of it when the kernel has answered, and back", async () => {
    const m = mount({ _cell: [1, 0] });
    const { el, model } = m;
    const slice = LOAN_SLICES[1] ?? [];
    const missed = inside(slice, (i) => rows.actual[i] === 1 && (rows.x[i] as number) < 0.5).length;
    subgroup(el).click();
    await settle();
    expect(model.traits._slice).toEqual(slice);
    expect(subgroup(el).getAttribute("aria-pressed")).toBe("true");
    expect(cell(el, "yes", "no").getAttribute("aria-label")).toContain(`: ${missed} of`);
    expect(el.querySelector(".lw-contrast")?.textContent).toContain("Asking the kernel what sets false negatives apart inside this subgroup");
    expect(asked(m, "cube")).toMatchObject([{ slice, features: 14 }]);
    const { errors, buffer } = sliceCube(rows, base, slice);
    model.reply({ id: asked(m, "cube")[0]?.id, ok: { errors } }, [new DataView(buffer)]);
    await settle();
    expect(named(el, "table", "What sets the errors apart")).toBeTruthy();
    expect(el.querySelector(".lw-contrast")?.textContent).toContain(`${missed} missed against`);
    subgroup(el).click();
    await settle();
    expect(model.traits._slice).toBeNull();
    subgroup(el).click();
    await settle();
    expect(asked(m, "cube")).toHaveLength(1); // kept
    expect(named(el, "table", "What sets the errors apart")).toBeTruthy();
  });

  test("a reply that is late, of another subgroup, is not shown", async () => {
    const m = mount();
    subgroup(m.el).click();
    await settle();
    subgroup(m.el, "age below 30").click();
    await settle();
    const first = sliceCube(rows, base, LOAN_SLICES[1] ?? []);
    m.model.reply({ id: asked(m, "cube")[0]?.id, ok: { errors: first.errors } }, [new DataView(first.buffer)]);
    await settle();
    expect(m.el.querySelector(".lw-contrast")?.textContent).toContain("Asking the kernel");
    expect(m.el.querySelector(".lw-crumb-sum")?.textContent).toContain(`${inside(LOAN_SLICES[3] ?? []).length} rows`);
  });

  test("a kernel that refuses is quoted in place, and asked again", async () => {
    const m = mount();
    subgroup(m.el).click();
    await settle();
    m.model.reply({ id: asked(m, "cube")[0]?.id, error: { type: "ValueError", message: hostileTexts[0] } });
    await settle();
    expect(m.el.querySelector(".lw-contrast [role=alert]")?.textContent).toContain(`apart inside a subgroup needs a live kernel: ${hostileTexts[0]}`);
    named(m.el.querySelector(".lw-contrast") as HTMLElement, "button", "Try again").click();
    await settle();
    expect(asked(m, "cube")).toHaveLength(2);
  });

  test("one that did not come with its counts waits for the kernel, and can be cleared", async () => {
    const slice = [{ feature: "age", kind: "number" as const, low: 20, high: 30 }];
    const m = mount({ _slice: slice });
    expect(m.el.textContent).toContain("Counting the rows of this subgroup…");
    const { errors, buffer } = sliceCube(rows, base, slice);
    m.model.reply({ id: asked(m, "cube")[0]?.id, ok: { errors } }, [new DataView(buffer)]);
    await settle();
    expect(m.el.querySelector(".lw-crumb-sum")?.textContent).toContain(`${inside(slice).length} rows`);
    named(m.el, "button", /Clear the subgroup$/).click();
    await settle();
    expect(m.el.querySelector(".lw-crumb-sum")?.textContent).toContain("3,000 rows");
  });

  test("without a kernel the counts go on, and what does not says why in place", async () => {
    const model = Object.assign(fakeModel({ status: "done", _report: report(), ...cubeTraits(base), ...found, _cell: [1, 0] }), { live: false });
    const refuse = async (): Promise<void> => {
      await settle();
      model.reply({ id: model.sent.at(-1)?.id, error: { type: "NoKernel", message: "This needs a live kernel." } });
      await settle();
    };
    const { el } = mountModel(model);
    const contrast = el.querySelector(".lw-contrast") as HTMLElement;
    (named(el, "table", "What sets the errors apart") as HTMLTableElement).tBodies[0]?.rows[0]?.querySelector("button")?.click();
    await expect.poll(() => model.sent.at(-1)?.kind).toBe("distribution");
    await refuse();
    expect(el.querySelector(".lw-dist-row")?.textContent).toContain("comes from the rows, which stay with the data.");
    subgroup(el).click();
    await refuse();
    expect(el.querySelector(".lw-crumb-sum")?.textContent).toContain(`of ${inside(LOAN_SLICES[1] ?? [], (i) => rows.actual[i] === 1).length} positives`);
    expect(contrast.textContent).toContain("What sets false negatives apart inside a subgroup needs a live kernel.");
    expect(all(contrast, "button")).toHaveLength(0);
    model.push({ _slices: null });
    await settle();
    expect(el.textContent).toContain("Subgroups were not searched for this page.");
  });

  test("hostile names are inert, in their own direction, and fit", async () => {
    const odd = loans(400);
    odd.columns.forEach((c, i) => { c.name = (hostileTexts[i % hostileTexts.length] as string) + i; });
    const cube = cubeOf(odd);
    const slices = odd.columns.slice(0, 5).map((c) => [{ feature: c.name, kind: "missing" as const }]);
    const { el } = mountWith({ status: "done", _report: report(), ...cubeTraits(cube), ...subgroupsOf(odd, cube, slices), _slice: slices[0] }, 640);
    await settle();
    expect(el.querySelector("img, script")).toBeNull();
    expect(chips(el)[0]).toBe(`${hostileTexts[0]}0 is missing: Clear the subgroup`);
    const names = all(named(el, "table", "Subgroups"), "tbody button");
    expect(names).toHaveLength(5);
    // Whatever is text of the data stands in its own direction: outside of it there are only our own words.
    for (const each of names) {
      const rest = each.cloneNode(true) as HTMLElement;
      for (const bdi of all(rest, "bdi")) bdi.remove();
      expect(rest.textContent?.trim()).toMatch(/^(and)?$/);
    }
    const root = el.querySelector(".lw") as HTMLElement;
    expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth);
  });

  test("many classes too", async () => {
    const data = tickets(30, 3000);
    const cube = cubeOf(data);
    const chat = [{ feature: "channel", kind: "level" as const, level: "chat" }];
    const { el } = mountWith({ status: "done", _report: multiclass(data.classes), ...cubeTraits(cube), ...subgroupsOf(data, cube, [chat]), _slice: chat });
    await settle();
    expect(el.querySelector(".lw-crumb-sum")?.textContent).toContain(`${data.actual.filter((_, i) => meets(data, chat)(i)).length.toLocaleString("en-US")} rows`);
  });
});

describe("distribution", () => {
  const first = (el: Element): HTMLElement => (named(el, "table", "What sets the errors apart") as HTMLTableElement).tBodies[0]?.rows[0]?.querySelector("button") as HTMLElement;
  const given = { feature: "interest_rate", kind: "number", bins: [{ label: "5 to 9", here: 30, there: 5 }, { label: "9 to 14", here: 10, there: 45 }], here: 40, there: 50, ks: 0.65, p: 1e-9 };

  test("a row opens it: shares, the same as a table, KS in words", async () => {
    const m = mount({ _cell: [1, 0] });
    first(m.el).click();
    await settle();
    expect(first(m.el).getAttribute("aria-expanded")).toBe("true");
    await expect.poll(() => asked(m, "distribution")).toMatchObject([{ feature: "interest_rate", cell: [1, 0], band: [0, 1], threshold: 0.5, slice: null }]);
    m.model.reply({ id: asked(m, "distribution")[0]?.id, ok: given });
    await settle();
    const box = m.el.querySelector(".lw-dist-row") as HTMLElement;
    expect(box.textContent).toContain("65 % apart (KS 0.65, p < 0.001): the shapes differ strongly.");
    expect(box.querySelectorAll("svg rect")).toHaveLength(4);
    named(box, "button", "Distribution of interest_rate: as table").click();
    await settle();
    expect([...((named(box, "table", "Distribution of interest_rate") as HTMLTableElement).rows[1]?.cells ?? [])].map((c) => c.textContent))
      .toEqual(["5 to 9", "30", "5", "75.0 %", "10.0 %"]);
    m.model.push({ band: [grid(0.7), 1] });
    await expect.poll(() => asked(m, "distribution").length).toBe(2);
    first(m.el).click();
    await settle();
    expect(m.el.querySelector(".lw-dist-row")).toBeNull();
  });

  test("hostile levels, and a refusal in place", async () => {
    const m = mount({ _cell: [1, 0] });
    first(m.el).click();
    await expect.poll(() => asked(m, "distribution").length).toBe(1);
    m.model.reply({ id: asked(m, "distribution")[0]?.id, ok: { ...given, kind: "category", ks: null, p: null, bins: hostileTexts.map((label) => ({ label, here: 3, there: 9 })) } });
    await settle();
    expect(m.el.querySelector("img")).toBeNull();
    m.model.push({ band: [grid(0.8), 1] });
    await expect.poll(() => asked(m, "distribution").length).toBe(2);
    m.model.reply({ id: asked(m, "distribution")[1]?.id, error: { type: "NoKernel", message: "This needs a live kernel." } });
    await settle();
    expect(m.el.querySelector(".lw-dist-row [role=alert]")?.textContent).toContain("This needs a live kernel.");
  });
});

test("a wide table loads more of its features", async () => {
  const wide = loans(400, 80);
  const cut: Rows = { ...wide, columns: wide.columns.slice(0, 60) };
  const leading = cubeOf(cut);
  leading.errors.features_total = 80;
  const m = mountWith({ status: "done", _report: report(), ...cubeTraits(leading) });
  expect(m.el.querySelector(".lw-contrast")?.textContent).toContain("Showing the leading 60 of 80 features");
  named(m.el, "button", "Load more").click();
  await settle();
  expect(asked(m, "cube")).toMatchObject([{ slice: null, features: 120 }]);
  expect(named(m.el, "button", "Loading…").getAttribute("aria-disabled")).toBe("true");
  const { errors, buffer } = sliceCube(wide, leading, null);
  m.model.reply({ id: asked(m, "cube")[0]?.id, ok: { errors } }, [new DataView(buffer)]);
  await settle();
  expect(m.el.querySelector(".lw-contrast")?.textContent).not.toContain("leading");
});

test("errors without a report are explored without a ladder", async () => {
  const { el } = mount({ _report: null });
  await settle();
  expect(all(el, "[role=tab]")).toHaveLength(0);
  expect(named(el, "table", "Subgroups")).toBeTruthy();
});

test("suspects: counted, and picked for the rows", async () => {
  const m = mount({ _suspects: suspects });
  const box = m.el.querySelector(".lw-suspects") as HTMLElement;
  expect(box.textContent).toContain("37 rows with suspected label errors");
  expect(box.textContent).toContain("1 row with a near-duplicate of the opposite label");
  const button = named(box, "button", "Show these rows: rows with suspected label errors");
  button.click();
  await expect.poll(() => asked(m, "rows").at(-1)).toMatchObject({ pick: "label-issues" });
  expect(button.getAttribute("aria-pressed")).toBe("true");
  button.click();
  await expect.poll(() => asked(m, "rows").at(-1)).toMatchObject({ pick: null });
});
