/** No serious violations, in both themes and all states. */
import axe from "axe-core";
import { expect, test } from "vitest";
import vectors from "../../tests/vectors/watch.json";
import { cubeOf, loans, tickets } from "./fixture.ts";
import { cubeTraits } from "./model.ts";
import { fix, multiclass, partial, report } from "./report.ts";
import { LOAN_SLICES, sliceCube, subgroupsOf, suspects } from "./subgroups.ts";
import { all, mountLoans, mountWith, named, settle, type Mounted } from "./tools.ts";

const STATES: Record<string, (theme: string) => Mounted> = {
  "a finished climb": (_theme) => mountLoans({ _theme, rung: 2, _cell: [1, 0], band: [0.7, 0.95] }),
  "the evaluation rung": (_theme) => mountLoans({ _theme, rung: 5, threshold: 0.31 }),
  "a fix tried": (_theme) => {
    const mounted = mountLoans({ _theme, rung: 2, _report: report({ tryable: ["pipeline.scaler-leak"] }) });
    named(mounted.el, "button", "Try the fix").click();
    mounted.model.reply({ id: mounted.model.sent[0]?.id, ok: fix() });
    return mounted;
  },
  production: (_theme) => mountLoans({ _theme, rung: 6, _watch: vectors.drift }),
  "a running climb": (_theme) => mountWith({ _theme, status: "running", _report: partial(3), _progress: { rung: 3, label: "fold", done: 3, total: 5 } }),
  "a failed climb": (_theme) => mountWith({ _theme, status: "error", _failure: { type: "ValueError", message: "no", traceback: "line" } }),
  "thirty classes": (_theme) => {
    const data = tickets(30);
    return mountWith({ _theme, status: "done", _report: multiclass(data.classes), ...cubeTraits(cubeOf(data)), _cell: [0, 1] });
  },
  "rows and costs": (_theme) => {
    const mounted = mountLoans({ _theme, threshold: 0.31, selected_rows: [4] });
    (mounted.el.querySelector(".lw-rows > summary") as HTMLElement).click();
    mounted.model.send = ({ id, kind }: { id: string; kind: string }) => kind === "rows" && queueMicrotask(() => mounted.model.reply({ id, ok: {
      columns: ["row", "actual", "predicted", "score", "age"].map((name) => ({ name, format: name === "score" ? "score" : "text" })), total: 900,
      rows: Array.from({ length: 200 }, (_, i) => [i, "yes", i % 2 ? "yes" : "no", 0.5, "40"]), positions: Array.from({ length: 200 }, (_, i) => i),
    } }));
    return mounted;
  },
  "five classes": (_theme) => {
    const data = tickets(5);
    return mountWith({ _theme, status: "done", _report: multiclass(data.classes), ...cubeTraits(cubeOf(data)) });
  },
};
const rows = loans(1500);
const base = cubeOf(rows);
const chosen = LOAN_SLICES[1] ?? [];
const whole = sliceCube(rows, base, chosen);
/** A subgroup chosen, its distribution open, everything unfolded. */
STATES["a subgroup"] = (_theme) => {
  const mounted = mountWith({
    _theme, status: "done", _report: report(), ...cubeTraits(base), ...subgroupsOf(rows, base, LOAN_SLICES), _suspects: suspects,
    _slice: chosen, _cell: [1, 0], threshold: 0.4,
  });
  const { model, el } = mounted;
  const { send } = model;
  model.send = (content) => {
    send(content);
    const { id, kind } = content as { id: string; kind: string };
    const bins = ["5 to 9", "9 to 14"].map((label, i) => ({ label, here: 30 - i, there: 20 + i }));
    if (kind === "distribution") queueMicrotask(() => model.reply({ id, ok: { feature: "x", kind: "number", bins, here: 59, there: 41, ks: 0.2, p: 0.01 } }));
  };
  model.reply({ id: model.sent[0]?.id, ok: { errors: whole.errors } }, [new DataView(whole.buffer)]);
  queueMicrotask(() => queueMicrotask(() => (el.querySelector(".lw-contrast tbody button") as HTMLElement | null)?.click()));
  return mounted;
};
for (const theme of ["light", "dark"]) {
  for (const [name, mount] of Object.entries(STATES)) {
    test(`${name}, ${theme}`, async () => {
      const { el } = mount(theme);
      await settle();
      if (name === "rows and costs") await expect.poll(() => all(el, "[data-row]").length).toBeGreaterThan(9);
      for (const d of all(el, "details:not(.lw-rows)")) (d as HTMLDetailsElement).open = true;
      await settle();
      if (name === "a subgroup") await expect.poll(() => el.querySelector(".lw-dist-row svg, .lw-dist-row table")).toBeTruthy();
      const { violations } = await axe.run(el);
      expect(violations.filter((v) => v.impact === "serious" || v.impact === "critical")
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 140) + (n.any[0]?.message ?? "")).slice(0, 3).join(" | ")}`)).toEqual([]);
    });
  }
}
