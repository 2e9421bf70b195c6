/** Rung 6 with a watch: windows to choose, movers, labels, triggers; as Python's wire sends it (tests/browser/watch_fixture.py). */
import { describe, expect, test } from "vitest";
import vectors from "../../tests/vectors/watch.json";
import { datesOf, delayScale, legible, lineOf, psiScale, psiTop, shownWindow, stepOf } from "../src/production.ts";
import { standIn } from "../src/standalone.ts";
import type { Watch, WatchWindow } from "../src/types.ts";
import { fakeModel } from "./model.ts";
import { HOSTILE, report } from "./report.ts";
import { all, mountLoans, mountModel, type Mounted, named, press, settle } from "./tools.ts";

const { drift, days, hostile } = vectors as unknown as Record<"drift" | "days" | "hostile", Watch>;
const open = (watch: Watch, more: Record<string, unknown> = {}): Mounted => mountLoans({ rung: 6, _watch: watch, ...more });
const rowsOf = (table: Element): (string | null)[][] => all(table, "tbody tr").map((r) => [...r.children].map((c) => c.textContent));

describe("places on the timeline", () => {
  test("a wild window stays at the top, and the limit is always in view", () => {
    const y = psiScale(drift, 100, 20);
    expect(y(0)).toBe(100);
    expect(y(drift.limits.psi)).toBeGreaterThan(20);
    const wild = { ...drift, windows: drift.windows.map((w) => ({ ...w, psi: 9 })) };
    expect(psiTop(drift).cut).toBe(false);
    expect(psiTop(wild)).toEqual({ most: 1, cut: true });
    expect(psiScale(wild, 100, 20)(9)).toBe(20);
    expect(psiScale(wild, 100, 20)(drift.limits.psi)).toBe(80); // a quarter of the height is left for the limit
  });
  test("a line is broken where a window is missing or has no figure", () => {
    const at = (start: number, psi: number | null): WatchWindow => ({ ...(drift.windows[0] as WatchWindow), start, end: start + 1, psi });
    const path = (ws: WatchWindow[]): string => lineOf(ws, (w) => w.psi, (v) => v, (v) => v).replace(/[\d. ]+/g, "");
    expect(path([at(0, 1), at(1, 2), at(2, 3)])).toBe("MLL");
    expect(path([at(0, 1), at(5, 2), at(6, 3)])).toBe("MML");
    expect(path([at(0, 1), at(1, null), at(2, 3)])).toBe("MM");
  });
  test("dates leave each other room and name the year where it changes", () => {
    const said = datesOf(drift.windows, 28);
    expect(said.map((d) => d.at)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24]);
    expect(said.filter((d) => /\d{4}/.test(d.text)).map((d) => d.text)).toEqual(["1 Sep 2025", "5 Jan 2026"]);
  });
  test("figures of an axis do not run into each other, the first ones stay", () => {
    const at = [104, 92, 80, 92, 20].map((y) => ({ y }));
    expect(legible(at).map((m) => m.y)).toEqual([104, 80, 20]);
  });
  test("windows can be hit however many there are, and few do not fill the room", () => {
    expect(stepOf(700, 365)).toBe(11);
    expect(stepOf(700, 2)).toBe(160);
    expect(stepOf(700, 20)).toBe(35);
  });
  test("delays go by the logarithm, from the first to the last", () => {
    const x = delayScale([0, 3_600_000, 864e5 * 60]);
    expect([x(0), x(864e5 * 60)]).toEqual([0, 1]);
    expect(x(3_600_000)).toBeCloseTo(Math.log(61) / Math.log(86_401), 10);
  });
  test("the window shown is the one chosen, while it is there", () => {
    expect(shownWindow(drift, null)).toBe(drift.chosen);
    expect(shownWindow(drift, drift.windows[3]?.start ?? 0)).toBe(3);
    expect(shownWindow(days, 1)).toBe(days.chosen);
  });
});

describe("windows", () => {
  const windows = (el: Element): HTMLElement[] => all(named(el, "group", "Windows of production"), "button");
  const pressed = (el: Element): number[] => windows(el).flatMap((b, i) => (b.getAttribute("aria-pressed") === "true" ? [i] : []));

  test("the first sentence, and every window under its accessible name", () => {
    const { el } = open(drift);
    expect(el.querySelector(".lw-lead")?.textContent).toBe(drift.sentence);
    expect(windows(el).map((b) => b.getAttribute("aria-label"))).toEqual(drift.windows.map((w) => w.label));
    expect(drift.windows[18]?.label).toMatch(/^Week of 5 January 2026: [\d,]+ rows, PSI 0\.\d\d in income, warns$/);
    expect(pressed(el)).toEqual([drift.chosen]);
  });

  test("a click chooses, arrows move the one tab stop, Enter chooses what has the focus", async () => {
    const { el } = open(drift);
    windows(el)[4]?.click();
    await settle();
    expect(pressed(el)).toEqual([4]);
    expect(named(el, "group", drift.windows[4]?.label ?? "").textContent).toContain("Week of 29 September 2025");
    windows(el)[4]?.focus();
    for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft"]) press(document.activeElement as Element, key);
    await settle();
    expect(document.activeElement).toBe(windows(el)[5]);
    expect(windows(el).filter((b) => b.tabIndex === 0)).toEqual([windows(el)[5]]);
    expect(pressed(el)).toEqual([4]);
    (document.activeElement as HTMLElement).click(); // what Enter does to a button
    await settle();
    expect(pressed(el)).toEqual([5]);
    press(document.activeElement as Element, "End");
    await settle();
    expect(document.activeElement).toBe(windows(el).at(-1));
    press(document.activeElement as Element, "ArrowRight");
    expect(document.activeElement).toBe(windows(el).at(-1));
  });

  test("movers of the window, farthest first; the one clicked shows both distributions", async () => {
    const { el } = open(drift);
    const table = named(el, "table", "Top movers");
    const at = drift.chosen;
    const first = drift.features.map((f) => f.psi[at] ?? 0).sort((a, b) => b - a);
    expect(rowsOf(table).map((r) => Number(r[1]))).toEqual(first.map((v) => Number(v.toFixed(2))));
    expect(rowsOf(table)[0]?.[0]).toBe("income");
    named(table, "button", "region").click();
    await settle();
    named(el, "button", "Distribution of region: as table").click();
    await settle();
    const region = drift.features.find((f) => f.name === "region");
    const told = rowsOf(named(el, "table", "Distribution of region"));
    expect(told.map((r) => r[0])).toEqual(region?.bins);
    expect(told.map((r) => Number(r[1]?.replaceAll(",", "")))).toEqual(region?.windows[at]);
    expect(told.map((r) => Number(r[2]?.replaceAll(",", "")))).toEqual(region?.reference);
    // Another window keeps the feature.
    windows(el)[0]?.click();
    await settle();
    expect(rowsOf(named(el, "table", "Distribution of region")).map((r) => Number(r[1]?.replaceAll(",", "")))).toEqual(region?.windows[0]);
  });

  test("a later watch keeps the window chosen; without windows the rest is there", async () => {
    const { el, model } = open(drift);
    windows(el)[7]?.click();
    await settle();
    model.push({ _watch: { ...drift, windows: drift.windows.slice(), sentence: "Another day." } });
    await settle();
    expect(pressed(el)).toEqual([7]);
    model.push({ _watch: { ...drift, windows: [], features: [], chosen: -1, sentence: "No rows yet." } });
    await settle();
    expect(el.querySelector(".lw-lead")?.textContent).toBe("No rows yet.");
    expect(el.querySelector(".lw-failure")).toBeNull();
    expect(named(el, "table", "Triggers")).toBeTruthy();
  });
});

describe("tables", () => {
  test("the timeline with the figures as they were sent", async () => {
    const { el } = open(drift);
    named(el, "button", "Windows of production: as table").click();
    await settle();
    const told = rowsOf(named(el, "table", "Windows of production"));
    const w = drift.windows.at(-1) as WatchWindow;
    expect(told).toHaveLength(26);
    const last = told.at(-1) ?? [];
    expect(last).toMatchObject({ 0: w.name, 1: w.rows.toLocaleString("en-US"), 3: "income", 5: "37 %", 8: "estimated without labels", 9: "fails" });
    const figures = [last[2], last[4], last[6], ...(last[7]?.split(" to ") ?? [])].map(Number);
    [w.psi, w.psiScore, w.auc, w.aucLow, w.aucHigh].forEach((v, i) => { expect(Math.abs((figures[i] as number) - (v ?? 0))).toBeLessThan(0.0051); });
  });
  test("time to label and triggers", async () => {
    const { el } = open(drift);
    expect(el.textContent).toContain("mature after 35 days");
    named(el, "button", /time since the prediction: as table/).click();
    await settle();
    expect(rowsOf(named(el, "table", /time since the prediction/))[3]?.[0]).toBe("1 day");
    const [first, second] = rowsOf(named(el, "table", "Triggers"));
    expect(first?.[3]).toContain("retrain since 29 December 2025");
    expect(second?.[3]).toContain("quiet");
  });
  test("a long history says that its beginning is not here", () => {
    const { el } = open(days);
    expect(days.windows).toHaveLength(200);
    expect(el.textContent).toContain("The latest 200 of 210 windows.");
  });
});

test("nothing that a column is called becomes markup", async () => {
  const { el } = open(hostile);
  named(el, "button", "Windows of production: as table").click();
  for (const b of all(named(el, "table", "Top movers"), "button")) {
    b.click();
    await settle();
  }
  expect(el.querySelector("img, script")).toBeNull();
  expect(el.textContent).toContain(HOSTILE);
});

test("a log without labels, scores or times shows what there is", async () => {
  const [w] = drift.windows as [WatchWindow];
  const bare: WatchWindow = {
    ...w, start: 0, name: "The whole log", label: "The whole log: 9 rows, not checked", status: "skip", psi: null, mover: null, psiScore: null, coverage: null,
    auc: null, aucLow: null, aucHigh: null, aucKind: null, order: [],
  };
  const { el } = open({ ...drift, windows: [bare], chosen: 0, features: [], timeToLabel: [], maturity: null, triggers: [], limits: { ...drift.limits, aucBaseline: null } });
  expect(named(el, "button", bare.label)).toBeTruthy();
  expect(el.querySelector(".lw-failure")).toBeNull();
  expect(el.textContent).not.toContain("ROC AUC with");
  expect(all(el, "table").map((t) => t.getAttribute("aria-label"))).not.toContain("Triggers");
});

describe("replay", () => {
  const STEP = {
    path: "prep", name: "prep", depth: 0, status: "pass", before: "3 columns", after: "2 columns", summary: "1 new", tables: [], error: "", fix: "", seconds: 0.001,
  };
  const given = {
    title: "Row 4 of the log", status: "fail", verdict: "The model raised ValueError.", reasons: ["Production answered."], seconds: 0.01, first: 1, notes: ["A note."],
    answer: { caption: "", columns: [{ name: "answered", format: "text" }, { name: "score", format: "number" }], rows: [["replayed", null], ["in production", 0.5]], total: 2 },
    steps: [STEP, { ...STEP, path: "clf", name: "clf", status: "fail", error: `ValueError: ${HOSTILE}`, fix: "clf.fit(X_train, y_train)", summary: "Job is new",
      tables: [{ caption: "What it was given", columns: [{ name: "column", format: "code" }, { name: "value", format: "number" }], rows: [[HOSTILE, "'a'"]], total: 1 }] }],
  };

  test("a logged row: asked by its place, drawn with the step to blame open and named", async () => {
    const { el, model } = open(drift);
    const input = el.querySelector(".lw-production input") as HTMLInputElement;
    input.value = "4";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    named(el, "button", "Replay this row").click();
    await settle();
    expect(model.sent.at(-1)).toMatchObject({ kind: "replay", source: "log", position: 3 });
    model.reply({ id: model.sent.at(-1)?.id, ok: given });
    await settle();
    const shown = el.querySelector("section[aria-label='Row 4 of the log']") as HTMLElement;
    expect(all(shown, "details").map((d) => (d as HTMLDetailsElement).open)).toEqual([false, true]);
    expect(all(shown, "summary")[1]?.textContent).toContain("first to blame");
    expect(shown.textContent).toContain("Production answered.");
    expect(shown.textContent).toContain(HOSTILE);
    expect(shown.querySelector("img")).toBeNull();
    expect(el.querySelector("[role=status]")?.textContent).toContain("Row 4 of the log: The model raised ValueError.");
    named(shown, "button", "Close").click();
    await settle();
    expect(el.querySelector(".lw-replay")).toBeNull();
  });

  test("a row that is not there is not asked for, and a refusal stands in its place", async () => {
    const { el, model } = open(drift);
    const input = el.querySelector(".lw-production input") as HTMLInputElement;
    input.value = "0";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    named(el, "button", "Replay this row").click();
    await settle();
    expect(model.sent.filter((m) => m.kind === "replay")).toEqual([]);
    input.value = "1";
    input.dispatchEvent(new Event("input", { bubbles: true }));
    await settle();
    named(el, "button", "Replay this row").click();
    model.reply({ id: model.sent.at(-1)?.id, error: { type: "ValueError", message: "There is no production log." } });
    await settle();
    expect(el.querySelector(".lw-replay [role=alert]")?.textContent).toBe("Not replayed: There is no production log.");
  });

  test("any row of the table Rows has a button, and the answer stands below", async () => {
    const { el, model } = open(drift);
    (el.querySelector(".lw-rows > summary") as HTMLElement).click();
    await settle();
    const columns = ["row", "actual", "predicted", "score"].map((name) => ({ name, format: name === "score" ? "score" : "text" }));
    model.reply({ id: model.sent.at(-1)?.id, ok: { columns, rows: [["a7", "yes", "no", 0.3], ["b8", "yes", "no", 0.4]], positions: [7, 8], total: 2 } });
    await expect.poll(() => all(el, "[data-row]").length).toBe(2);
    named(el, "button", "Replay row b8").click();
    await settle();
    expect(model.sent.at(-1)).toMatchObject({ kind: "replay", source: "validation", position: 8 });
    model.reply({ id: model.sent.at(-1)?.id, ok: { ...given, title: "Row b8" } });
    await settle();
    expect(el.querySelector(".lw-rows section")?.getAttribute("aria-label")).toBe("Row b8");
    expect(el.querySelector(".lw-production section")).toBeNull();
  });

  test("without a kernel it says why it cannot, and rows have no button", async () => {
    const model = standIn({ ...fakeModel({ status: "done", _report: report(), rung: 6, _watch: drift }).traits });
    const { el } = mountModel(model as never);
    await settle();
    expect(el.querySelector(".lw-production")?.textContent).toContain("open the panel in a notebook");
    expect(all(el, ".lw-production form")).toEqual([]);
  });
});
