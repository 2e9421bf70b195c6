/** The dev page: `?case=loans|tickets|twelve|thirty|hundred|wide|three|running|waiting|failure|hostile&theme=light|dark`. */
import panel from "../src/index.ts";
import type { RowsAsked } from "../src/types.ts";
import { cubeOf, loans, type Rows, tickets } from "./fixture.ts";
import { cubeTraits, type FakeModel, fakeModel } from "./model.ts";
import { hostileTexts, multiclass, partial, report } from "./report.ts";

const ask = new URLSearchParams(location.search);
const which = ask.get("case") ?? "loans";
let data: Rows = which === "wide" ? loans(3000, 300) : which === "three" ? loans(3000, 3) : loans();
if (which === "tickets") data = tickets(5);
if (which === "twelve") data = tickets(12, 6000);
if (which === "thirty") data = tickets(30, 9000);
if (which === "hundred") {
  data = tickets(100, 40_000);
  data.classes = data.classes.map((c, i) => (i % 3 ? c : `${hostileTexts[i % 5]} ${i}`));
}
if (which === "hostile") {
  data.classes = [hostileTexts[0] as string, hostileTexts[3] as string];
  data.columns.forEach((c, i) => { c.name = hostileTexts[i % 5] as string + (i > 4 ? i : ""); });
}
const cube = cubeTraits(cubeOf(data));
const multi = data.predicted !== null;
let values: Record<string, unknown> = { status: "done", _report: multi ? multiclass(data.classes) : report(), ...cube };
if (which === "running") values = { status: "running", _report: partial(3), _progress: { rung: 3, label: "fold", done: 3, total: 5 } };
if (which === "waiting") values = { status: "running" };
if (which === "failure") {
  values = { status: "error", _failure: { type: "ValueError", message: "X_val has 14 features, the model was fitted on 15.",
    traceback: "Traceback (most recent call last):\n  File \"ladder.py\", line 88, in climb\n    scores = model.predict_proba(X)\nValueError: X_val has 14 features, the model was fitted on 15." } };
}
if (which === "hostile") {
  const it = report();
  it.model = { ...it.model, name: hostileTexts[0] as string, description: hostileTexts[1] as string };
  it.findings = it.findings.map((f, i) => ({ ...f, title: hostileTexts[i % 5] as string, summary: hostileTexts[(i + 1) % 5] as string }));
  it.rungs = it.rungs.map((r, i) => ({ ...r, headline: hostileTexts[i % 5] as string }));
  values = { ...values, _report: it };
}
const cell = ask.get("cell")?.split(",").map(Number);
const band = ask.get("band")?.split(",").map(Number);
const model = fakeModel({
  ...values, _theme: ask.get("theme") ?? "auto", ...(cell ? { _cell: cell } : {}), ...(band ? { band } : {}),
  ...(ask.has("rung") ? { rung: Number(ask.get("rung")) } : {}), ...(ask.has("threshold") ? { threshold: Number(ask.get("threshold")) } : {}),
});
model.send = (content) => setTimeout(() => answer(model, content as { id: string; kind: string } & RowsAsked), 30);

function answer(to: FakeModel, m: { id: string; kind: string } & RowsAsked): void {
  if (m.kind !== "rows") {
    to.reply({ id: m.id, error: { type: "NoKernel", message: `The dev page has no kernel for ${m.kind}.` } });
    return;
  }
  const at = data.actual.map((_, i) => i).slice(m.offset, m.offset + m.limit);
  const label = (i: number): string | undefined =>
    data.classes[data.predicted ? (data.predicted[i] as number) : Number((data.x[i] as number) >= (m.threshold ?? 0.5))];
  to.reply({ id: m.id, ok: {
    columns: [{ name: "row", format: "code" }, { name: "actual", format: "text" }, { name: "predicted", format: "text" }, { name: "score", format: "score" },
      ...data.columns.map((c) => ({ name: c.name, format: c.kind === "number" ? "number" : "text" }))],
    rows: at.map((i) => [10000 + i, data.classes[data.actual[i] as number], label(i), data.x[i],
      ...data.columns.map((c) => (typeof c.values[i] === "number" && !Number.isFinite(c.values[i]) ? null : c.kind === "datetime" ? new Date(c.values[i] as number).toISOString().slice(0, 10) : c.values[i]))]),
    positions: at, total: data.actual.length,
  } });
}
const root = document.getElementById("root") as HTMLElement;
panel.render({ model, el: root });
Object.assign(window, { model });
