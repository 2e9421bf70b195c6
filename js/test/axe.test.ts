/** No serious violations, in both themes and all states. */
import axe from "axe-core";
import { expect, test } from "vitest";
import { cubeOf, tickets } from "./fixture.ts";
import { cubeTraits } from "./model.ts";
import { fix, multiclass, partial, report } from "./report.ts";
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
  "a running climb": (_theme) => mountWith({ _theme, status: "running", _report: partial(3), _progress: { rung: 3, label: "fold", done: 3, total: 5 } }),
  "a failed climb": (_theme) => mountWith({ _theme, status: "error", _failure: { type: "ValueError", message: "no", traceback: "line" } }),
  "five classes": (_theme) => {
    const data = tickets(5);
    return mountWith({ _theme, status: "done", _report: multiclass(data.classes), ...cubeTraits(cubeOf(data)) });
  },
};
for (const theme of ["light", "dark"]) {
  for (const [name, mount] of Object.entries(STATES)) {
    test(`${name}, ${theme}`, async () => {
      const { el } = mount(theme);
      await settle();
      for (const d of all(el, "details:not(.lw-rows)")) (d as HTMLDetailsElement).open = true;
      const { violations } = await axe.run(el);
      expect(violations.filter((v) => v.impact === "serious" || v.impact === "critical")
        .map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 140) + (n.any[0]?.message ?? "")).slice(0, 3).join(" | ")}`)).toEqual([]);
    });
  }
}
