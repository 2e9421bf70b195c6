/** The ladder, the rungs, and the life of a view. */
import { describe, expect, test, vi } from "vitest";
import { fakeModel } from "./model.ts";
import { HOSTILE, hostileTexts, partial, report } from "./report.ts";
import { all, mountLoans, mountModel, mountWith, named, press, settle } from "./tools.ts";
import { cubeOf, loans } from "./fixture.ts";

const said = (el: Element): string => el.querySelector("[role=status]")?.textContent ?? "";

describe("ladder", () => {
  test("seven waiting rungs before any report", () => {
    const { el } = mountWith({ status: "running" });
    const tabs = all(el, "[role=tab]");
    expect(tabs.map((t) => t.getAttribute("aria-label"))).toEqual([
      "Rung 6 Production, waiting", "Rung 5 Evaluation, waiting", "Rung 4 Model, waiting", "Rung 3 Non-linear, waiting",
      "Rung 2 Linear, waiting", "Rung 1 Baseline, waiting", "Rung 0 Data, waiting",
    ]);
    const list = el.querySelector("[role=tablist]");
    expect(list?.getAttribute("aria-orientation")).toBe("vertical");
    expect(list?.getAttribute("aria-label")).toBe("Rungs");
    expect(named(el, "button", "Cancel")).toBeTruthy();
    const root = el.querySelector("section") as HTMLElement;
    expect(root.className).toBe("lw");
    expect(root.dataset).toMatchObject({ testid: "ladder-panel", lmSuppressShortcuts: "true" });
  });

  test("the first failing rung is shown when the climb ends, unless somebody chose", async () => {
    const one = mountWith({ status: "running", _report: partial(3) });
    one.model.push({ status: "done", _report: report() });
    await settle();
    expect(one.model.traits.rung).toBe(2);
    expect(named(one.el, "tab", "Rung 2 Linear, fails").getAttribute("aria-selected")).toBe("true");
    expect(said(one.el)).toContain("rung 2 Linear fails first");

    const two = mountWith({ status: "running", _report: partial(3) });
    named(two.el, "tab", "Rung 1 Baseline, passes").click();
    two.model.push({ status: "done", _report: report() });
    await settle();
    expect(two.model.traits.rung).toBe(1);
  });

  test("keyboard: one tab stop, arrows, Home and End, nothing leaks", async () => {
    const { el, model } = mountLoans({ rung: 2 });
    const leaked = vi.fn();
    document.addEventListener("keydown", leaked);
    const tab = (name: string) => named(el, "tab", name);
    expect(all(el, "[role=tab][tabindex='0']")).toHaveLength(1);
    tab("Rung 2 Linear, fails").focus();
    for (const [key, name, rung] of [
      ["ArrowUp", "Rung 3 Non-linear, passes, provisional", 3], ["ArrowDown", "Rung 2 Linear, fails", 2],
      ["Home", "Rung 6 Production, not checked", 6], ["End", "Rung 0 Data, passes", 0], ["ArrowDown", "Rung 6 Production, not checked", 6],
    ] as const) {
      press(document.activeElement as Element, key);
      await settle();
      expect(document.activeElement).toBe(tab(name));
      expect(model.traits.rung).toBe(rung);
      expect(el.querySelector("[role=tabpanel]")?.getAttribute("aria-labelledby")).toBe(tab(name).id);
    }
    press(document.activeElement as Element, "j");
    document.removeEventListener("keydown", leaked);
    expect(leaked).not.toHaveBeenCalled();
  });

  test("partial reports: progress, spinner, findings so far, announcements", async () => {
    const { el, model } = mountWith({
      status: "running", _report: partial(2), _progress: { rung: 2, label: "fold", done: 3, total: 5 },
    });
    expect(el.querySelector("[role=progressbar]")?.getAttribute("aria-valuetext")).toBe("Linear: fold 3 of 5");
    expect(named(el, "tab", "Rung 2 Linear, running")).toBeTruthy();
    model.push({ _progress: { rung: 0, label: "check data.leakage", done: 2, total: 5 } });
    await settle();
    expect(el.querySelector("[role=progressbar]")?.getAttribute("aria-valuetext")).toBe("Data: check data.leakage, 2 of 5");
    model.push({ _report: partial(3) });
    await settle();
    expect(said(el)).toContain("Rung 2 Linear, fails");
    expect(el.querySelector("[data-code='pipeline.scaler-leak']")).toBeTruthy();
    expect(el.textContent).toContain("The error explorer opens when rung 4");
  });

  test("provisional: the banner leads to the rung that fails first and keeps the focus", async () => {
    const { el, model } = mountLoans({ rung: 4 });
    expect(el.querySelector(".lw-banner")?.textContent).toContain("rung 2 Linear fails first");
    named(el, "button", "Go to rung 2").click();
    await settle();
    expect(model.traits.rung).toBe(2);
    expect(document.activeElement).toBe(named(el, "tab", "Rung 2 Linear, fails"));
  });
});

describe("findings", () => {
  test("loud ones stand open, quiet ones are lines that open", () => {
    const { el } = mountLoans({ rung: 4 });
    const found = all(el, ".lw-finding") as HTMLDetailsElement[];
    expect(found.map((f) => [f.dataset.code, f.open])).toEqual([
      ["model.divergence", true], ["model.imbalance", true], ["model.wrong-class", false], ["model.over-regularized", false],
    ]);
    const table = found[1]?.querySelector("table");
    expect(table?.caption?.textContent).toBe("By class");
    expect([...(table?.rows[2]?.cells ?? [])].map((c) => c.textContent)).toEqual(["yes", "27.1 %", "0.412"]);
  });

  test("the fix is copied, with and without a clipboard", async () => {
    const { el } = mountLoans({ rung: 2 });
    const write = vi.spyOn(navigator.clipboard, "writeText").mockResolvedValue();
    const button = named(el, "button", "Copy fix");
    button.click();
    await expect.poll(() => button.textContent).toBe("Copied");
    expect(write.mock.calls[0]?.[0]).toContain("make_pipeline(StandardScaler()");
    write.mockRejectedValue(new Error("blocked"));
    const old = vi.spyOn(document, "execCommand").mockReturnValue(true);
    button.focus();
    button.click();
    await expect.poll(() => old.mock.calls.length).toBe(1);
    expect(document.activeElement).toBe(button);
    vi.restoreAllMocks();
  });
});

describe("checklists", () => {
  test("a line shows its verdict, its evidence and its sign-off", () => {
    const { el } = mountLoans({ rung: 5 });
    const line = all(el, ".lw-line").find((e) => e.textContent?.includes("exactly once")) as HTMLElement;
    expect(line.querySelector("[role=img]")?.getAttribute("aria-label")).toBe("warns");
    expect(line.textContent).toContain("Signed off on 2026-01-31: The second look was a rerun in CI.");
    const evidence = line.querySelector("details") as HTMLDetailsElement;
    expect(evidence.open).toBe(false);
    expect(evidence.querySelector("table")?.rows[1]?.textContent).toBe("2026-01-31 12:00notebooks/churn.ipynb");
  });

  test("lines of a report from before there was evidence are shown", () => {
    const old = report();
    old.checklist = { development: old.checklist.development.map(({ evidence: _e, sign_off: _s, ...l }) => l), production: [] } as never;
    const { el } = mountLoans({ rung: 5, _report: old });
    expect(all(el, ".lw-line").some((e) => e.textContent?.includes("exactly once"))).toBe(true);
    expect(all(el, ".lw-line details")).toHaveLength(0);
  });
});

describe("requests and failures", () => {
  test("run, cancel, export: errors are said", async () => {
    const { el, model } = mountLoans();
    named(el, "button", "Run again").click();
    expect(model.sent).toMatchObject([{ kind: "run" }]);
    model.reply({ id: model.sent[0]?.id, error: { type: "Busy", message: "A climb is on its way." } });
    await expect.poll(() => el.querySelector(".lw-header [role=alert]")?.textContent).toContain("A climb is on its way.");
    const button = named(el, "button", "Run again");
    button.focus();
    model.push({ status: "running" });
    await settle();
    expect(document.activeElement).toBe(named(el, "button", "Cancel"));
  });

  test("a failed climb shows type, message and folded traceback", () => {
    const { el } = mountWith({ status: "error", _failure: { type: "ValueError", message: HOSTILE, traceback: "line 1" } });
    expect(el.querySelector(".lw-failure-message")?.textContent).toBe(`ValueError: ${HOSTILE}`);
    expect(el.querySelector<HTMLDetailsElement>(".lw-failure details")?.open).toBe(false);
  });

  test("what cannot be drawn says so, and the rest goes on", async () => {
    const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
    const broken = report();
    broken.findings = [{ ...broken.findings[5], rung: 2, evidence: [{ caption: "", columns: null, rows: [[1]], total: 1 }] }] as never;
    const { el, model } = mountLoans({ rung: 2, _report: broken });
    await settle();
    expect(el.querySelector("[role=alert]")?.textContent).toContain("Rung 2 could not be drawn");
    expect(all(el, "[role=tab]")).toHaveLength(7);
    expect(named(el, "table", "What sets the errors apart")).toBeTruthy();
    model.push({ _report: report() });
    await settle();
    expect(el.querySelector("[role=alert]")).toBeNull();
    quiet.mockRestore();
  });

  test("a report of another version is refused in words", () => {
    const { el } = mountWith({ status: "done", _report: { ...report(), schema_version: 2 } });
    expect(el.querySelector("[role=alert]")?.textContent).toContain("version 1");
  });
});

test("hostile text is inert", async () => {
  const r = report();
  const bad = (i: number): string => hostileTexts[i % hostileTexts.length] as string;
  r.model = { ...r.model, name: bad(0), description: bad(1) };
  r.rungs = r.rungs.map((x, i) => ({ ...x, name: bad(i), headline: bad(i + 1), summary: bad(i), notes: [bad(0)] }));
  r.findings = r.findings.map((f, i) => ({ ...f, title: bad(i), summary: bad(i), why: bad(0), fix: bad(0), docs_url: "javascript:alert(1)",
    evidence: [{ caption: bad(i), columns: [{ name: bad(0), format: "text" }], rows: [[bad(4)]], total: 1 }] }));
  r.narrative = [bad(0), bad(4)];
  r.checklist = { ...r.checklist, development: r.checklist.development.map((l, i) => ({ ...l, detail: bad(i),
    sign_off: { reason: bad(i), date: bad(i) }, evidence: [{ caption: bad(i), columns: [{ name: bad(0), format: "code" }], rows: [[bad(i)]], total: 1 }] })) };
  const rows = loans(400);
  rows.classes = [bad(0), bad(3)];
  rows.columns.forEach((c, i) => { c.name = bad(i) + i; });
  const { el } = mountLoans({ _report: r, _cell: [1, 0], ...cubeOf(rows) }, rows);
  await settle();
  expect(el.querySelector("img, script, iframe, a[href^='javascript']")).toBeNull();
  expect(el.textContent).toContain(HOSTILE);
  expect(named(el, "table", "What sets the errors apart").querySelector(`[title^="${"x".repeat(200)}"]`)).toBeTruthy();
  const root = el.querySelector(".lw") as HTMLElement;
  expect(root.scrollWidth).toBeLessThanOrEqual(root.clientWidth);
});

test("two views of one model: ids differ, one leaves, its listeners are gone", async () => {
  const model = fakeModel({ status: "done", _report: report(), rung: 2 });
  const one = mountModel(model);
  const before = model.listeners();
  const two = mountModel(model);
  expect(model.listeners()).toBe(2 * before);
  const ids = all(document, "[id]").map((e) => e.id);
  expect(new Set(ids).size).toBe(ids.length);
  named(one.el, "tab", "Rung 1 Baseline, passes").click();
  await settle();
  expect(named(two.el, "tab", "Rung 1 Baseline, passes").getAttribute("aria-selected")).toBe("true");
  one.unmount();
  expect(one.el.childNodes).toHaveLength(0);
  expect(model.listeners()).toBe(before);
  model.push({ rung: 5 });
  await settle();
  expect(named(two.el, "tab", "Rung 5 Evaluation, warns, provisional").getAttribute("aria-selected")).toBe("true");
  two.unmount();
  expect(model.listeners()).toBe(0);
});

test("the theme follows the host live", async () => {
  const { el } = mountLoans({ _theme: "auto" });
  const theme = () => (el.querySelector(".lw") as HTMLElement).dataset.theme;
  document.body.setAttribute("data-jp-theme-light", "false");
  await expect.poll(theme).toBe("dark");
  document.body.removeAttribute("data-jp-theme-light");
  document.body.className = "vscode-light";
  await expect.poll(theme).toBe("light");
  document.body.className = "";
  document.documentElement.setAttribute("theme", "dark");
  await expect.poll(theme).toBe("dark");
  document.documentElement.removeAttribute("theme");
  document.body.style.backgroundColor = "#111";
  await expect.poll(theme).toBe("dark");
  document.body.removeAttribute("style");
});
