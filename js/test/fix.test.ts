/** The button "Try the fix": what it sends, what comes back, and when it is not there. */
import { describe, expect, test } from "vitest";
import { standIn } from "../src/standalone.ts";
import { fakeModel } from "./model.ts";
import { fix, HOSTILE, report } from "./report.ts";
import { all, mountLoans, mountModel, named, settle } from "./tools.ts";

const CODE = "pipeline.scaler-leak";
const tryable = { tryable: [CODE, "model.imbalance", "evaluation.threshold"] };
const said = (el: Element): string => el.querySelector("[role=status]")?.textContent ?? "";
const card = (el: Element, code = CODE): HTMLElement => el.querySelector(`[data-code='${code}']`) as HTMLElement;

describe("a fix is tried", () => {
  test("asked once, busy meanwhile, then before and after with the interval", async () => {
    const { el, model } = mountLoans({ rung: 2, _report: report(tryable) });
    const button = named(card(el), "button", "Try the fix");
    button.focus();
    button.click();
    await settle();
    expect(model.sent).toMatchObject([{ kind: "fix", code: CODE }]);
    expect(document.activeElement).toBe(button);
    expect(button.textContent).toBe("Trying the fix…");
    expect(button.getAttribute("aria-disabled")).toBe("true");
    expect(said(el)).toContain(`Trying the fix of ${CODE}`);
    button.click();
    expect(model.sent).toHaveLength(1);

    model.reply({ id: model.sent[0]?.id, ok: fix() });
    await settle();
    expect(document.activeElement).toBe(button);
    expect(button.textContent).toBe("Try the fix");
    const group = named(card(el), "group", "Fix tried");
    expect(group.textContent).toContain("Fitted a clone on the training rows alone.");
    expect(group.textContent).toContain("The finding is gone: all sound.");
    expect(group.textContent).toContain("A leak flatters.");
    const rows = all(group, "tbody tr").map((row) => [...row.children].map((cell) => cell.textContent));
    expect(rows).toEqual([
      ["ROC AUC", "0.746", "0.741", "−0.005", "−0.015 to +0.005"],
      ["Recall of yes", "0.410", "0.450", "+0.040", "+0.030 to +0.050"],
    ]);
    expect(group.querySelector("caption")?.textContent).toBe("Before and after on 3,000 validation rows");
    expect(group.querySelector("pre")?.textContent).toContain("clone(model).fit");
    expect(said(el)).toContain("ROC AUC 0.746 before, 0.741 after. The finding is gone");
  });

  test("an error stands in its place, and the fix can be tried again", async () => {
    const { el, model } = mountLoans({ rung: 2, _report: report(tryable) });
    const button = named(card(el), "button", "Try the fix");
    button.click();
    model.reply({ id: model.sent[0]?.id, error: { type: "NoRemedy", message: `The model cannot be cloned: ${HOSTILE}` } });
    await settle();
    const alert = card(el).querySelector("[role=alert]");
    expect(alert?.textContent).toBe(`Not tried: The model cannot be cloned: ${HOSTILE}`);
    expect(alert?.querySelector("img")).toBeNull();
    button.click();
    await settle();
    expect(card(el).querySelector("[role=alert]")).toBeNull();
    model.reply({ id: model.sent[1]?.id, ok: fix() });
    await settle();
    expect(named(card(el), "group", "Fix tried")).toBeTruthy();
  });

  test("what was tried stays while rungs are looked at, and goes with its report", async () => {
    const { el, model } = mountLoans({ rung: 2, _report: report(tryable) });
    named(card(el), "button", "Try the fix").click();
    model.reply({ id: model.sent[0]?.id, ok: fix() });
    await settle();
    named(el, "tab", "Rung 1 Baseline, passes").click();
    await settle();
    named(el, "tab", "Rung 2 Linear, fails").click();
    await settle();
    expect(named(card(el), "group", "Fix tried")).toBeTruthy();
    model.push({ _report: report(tryable) });
    await settle();
    expect(card(el).querySelector("[aria-label='Fix tried']")).toBeNull();
  });

  test("a late answer of an older report or of a superseded trial is dropped", async () => {
    const { el, model } = mountLoans({ rung: 4, _report: report({ tryable: ["model.imbalance", "model.divergence"] }) });
    named(card(el, "model.imbalance"), "button", "Try the fix").click();
    model.push({ _report: report({ tryable: ["model.imbalance"] }) });
    await settle();
    model.reply({ id: model.sent[0]?.id, ok: fix({ code: "model.imbalance" }) });
    await settle();
    expect(el.querySelector("[aria-label='Fix tried']")).toBeNull();
    expect(named(card(el, "model.imbalance"), "button", "Try the fix").getAttribute("aria-disabled")).toBe("false");
  });

  test("different numbers of rows are told; a check that stays is not called gone", async () => {
    const { el, model } = mountLoans({ rung: 2, _report: report(tryable) });
    named(card(el), "button", "Try the fix").click();
    model.reply({ id: model.sent[0]?.id, ok: fix({
      rows: { before: 3000, after: 2800 }, still: { status: "warn", summary: "" }, verdict: "The finding stays (fails before, warns now): x",
    }) });
    await settle();
    const group = named(card(el), "group", "Fix tried");
    expect(group.querySelector("caption")?.textContent).toBe("Before and after on 3,000 and 2,800 validation rows");
    expect(named(group, "img", "warns")).toBeTruthy();
  });
});

describe("a fix is not offered", () => {
  test("where it cannot be tried, and while climbing", async () => {
    const { el, model } = mountLoans({ rung: 2 });
    expect(card(el).textContent).not.toContain("Try the fix");
    expect(named(card(el), "button", "Copy fix")).toBeTruthy();
    model.push({ _report: report(tryable), status: "running" });
    await settle();
    const button = named(card(el), "button", "Try the fix");
    expect(button.getAttribute("aria-disabled")).toBe("true");
    button.click();
    expect(model.sent).toHaveLength(0);
  });

  test("on a page without a kernel", () => {
    const page = standIn({ ...fakeModel().traits, rung: 2, status: "done", _report: report(tryable) });
    const { el } = mountModel(page as never);
    expect(card(el).textContent).toContain("Copy fix");
    expect(card(el).textContent).not.toContain("Try the fix");
  });

  test("by a kernel that knows nothing of fixes", () => {
    const { tryable: _, ...old } = report();
    const { el } = mountLoans({ rung: 2, _report: old });
    expect(card(el).textContent).not.toContain("Try the fix");
  });
});
