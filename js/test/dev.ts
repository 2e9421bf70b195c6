/** The dev page: `?case=loans|tickets|twelve|thirty|hundred|wide|three|running|waiting|failure|hostile&theme=light|dark`. */
import panel from "../src/index.ts";
import type { CubeAsked, DistributionAsked, RowsAsked, Subgroup } from "../src/types.ts";
import { cubeOf, loans, type Rows, tickets } from "./fixture.ts";
import { cubeTraits, type FakeModel, fakeModel } from "./model.ts";
import { hostileTexts, multiclass, partial, report } from "./report.ts";
import { LOAN_SLICES, meets, sliceCube, subgroupsOf, suspects } from "./subgroups.ts";

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
const made = cubeOf(data);
const cube = cubeTraits(made);
const slices: Subgroup[] = data.predicted
  ? [[{ feature: "channel", kind: "level", level: "chat" }], [{ feature: "length", kind: "number", low: null, high: 40 }]]
  : LOAN_SLICES.map((slice) => slice.map((c) => ({ ...c, feature: data.columns[loans(1).columns.findIndex((x) => x.name === c.feature)]?.name ?? c.feature })));
const multi = data.predicted !== null;
let values: Record<string, unknown> = { status: "done", _report: multi ? multiclass(data.classes) : report(), ...cube,
  _suspects: suspects, ...(which === "three" ? {} : subgroupsOf(data, made, slices)) };
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
  ...(ask.has("slice") ? { _slice: slices[Number(ask.get("slice"))] } : {}),
  ...(ask.has("rung") ? { rung: Number(ask.get("rung")) } : {}), ...(ask.has("threshold") ? { threshold: Number(ask.get("threshold")) } : {}),
});
type Asked = { id: string; kind: string } & RowsAsked & CubeAsked & DistributionAsked;
model.send = (content) => setTimeout(() => answer(model, content as Asked), 30);

function answer(to: FakeModel, m: Asked): void {
  if (ask.has("dead") || !["rows", "cube", "distribution"].includes(m.kind)) {
    to.reply({ id: m.id, error: { type: "NoKernel", message: `This needs a live kernel: nothing answers ${m.kind} here. Open the panel in a notebook.` } });
    return;
  }
  if (m.kind === "cube") {
    const { errors, buffer } = sliceCube(data, made, m.slice);
    to.reply({ id: m.id, ok: { errors } }, [new DataView(buffer)]);
    return;
  }
  if (m.kind === "distribution") to.reply({ id: m.id, ok: distribution(m) });
  else rows(to, m);
}

function distribution({ feature, cell, threshold, slice }: Asked) {
  const column = data.columns.find((c) => c.name === feature);
  const kept = inSlice(slice);
  const predicted = (i: number): number => (data.predicted ? (data.predicted[i] as number) : Number((data.x[i] as number) >= (threshold ?? 0.5)));
  const of = (p: number): number[] => data.actual.map((_, i) => i).filter((i) => kept(i) && data.actual[i] === cell?.[0] && predicted(i) === p);
  const [here, there] = [of(cell?.[1] ?? 0), of(cell?.[0] ?? 0)];
  const values = (column?.values ?? []) as (number | string)[];
  const numbers = values.filter((v): v is number => typeof v === "number" && Number.isFinite(v)).sort((a, b) => a - b);
  const [lo, hi] = [numbers[Math.floor(numbers.length * 0.01)] ?? 0, numbers[Math.floor(numbers.length * 0.99)] ?? 1];
  const text = (v: number): string => (column?.kind === "datetime" ? new Date(v).toISOString().slice(0, 10) : String(Math.round(v * 10) / 10));
  const bins = column?.kind === "category"
    ? [...new Set(values)].map((v) => ({ label: String(v), test: (x: number | string) => x === v }))
    : Array.from({ length: 16 }, (_, b) => {
      const [from, to] = [lo + ((hi - lo) * b) / 16, lo + ((hi - lo) * (b + 1)) / 16];
      return { label: b === 0 ? `below ${text(to)}` : b === 15 ? `at least ${text(from)}` : `from ${text(from)} to ${text(to)}`, test: (x: number | string) => (b === 0 || Number(x) >= from) && (b === 15 || Number(x) < to) };
    });
  if (values.some((v) => Number.isNaN(v))) bins.push({ label: "missing", test: (x) => Number.isNaN(x) });
  const tally = (at: number[], test: (x: number | string) => boolean): number => at.filter((i) => test(values[i] as number)).length;
  return {
    feature, kind: column?.kind, here: here.length, there: there.length, ks: column?.kind === "category" ? null : 0.23, p: column?.kind === "category" ? null : 1e-5,
    bins: bins.map(({ label, test }) => ({ label, here: tally(here, test), there: tally(there, test) })),
  };
}
function inSlice(slice: Subgroup | null): (i: number) => boolean {
  return slice ? meets(data, slice) : () => true;
}

function rows(to: FakeModel, m: Asked): void {
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
