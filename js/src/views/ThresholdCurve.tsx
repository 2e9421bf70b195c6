import { Chart } from "../charts/Chart.tsx";
import { Curve, type Mark } from "../charts/Curve.tsx";
import { type CurvePoint, thresholdCurve } from "../cube.ts";
import { edge, fixed } from "../format.ts";
import { usePanel } from "../state/view.ts";

const SERIES: [string, (p: CurvePoint) => number | null][] = [
  ["recall", (p) => p.recall], ["precision", (p) => p.precision], ["F1", (p) => p.f1], ["balanced accuracy", (p) => p.balanced],
];
const two = (v: number | null | undefined): string => (v === null || v === undefined ? "–" : fixed(v, 2));

/** What each threshold would give on the validation rows, with the one in use and the one selected. */
export function ThresholdCurve() {
  const { py, explore } = usePanel();
  const cube = py.cube.value;
  const selected = explore.threshold.value;
  if (!cube || selected === null) return null;
  const used = cube.errors.threshold ?? 0.5;
  const curve = explore.curve.value;
  const [atUse, atSelected] = thresholdCurve(cube, [used, selected]);
  const moved = selected !== used;
  const marks: Mark[] = [{ at: used, label: moved ? `in use ${edge(used)}` : `in use and selected ${edge(used)}`, strong: !moved }];
  if (moved) marks.push({ at: selected, label: `selected ${edge(selected)}`, strong: true });
  const name = "Recall, precision, F1 and balanced accuracy by threshold";
  const line = (title: string, p: CurvePoint | undefined): (string | null)[] =>
    [title, ...SERIES.map(([, get]) => two(p && get(p)))];
  const here = [line(`in use ${edge(used)}`, atUse), ...(moved ? [line(`selected ${edge(selected)}`, atSelected)] : [])];
  return (
    <div class="lw-threshold">
      <Chart title={name} name={name}
        table={() => ({
          columns: ["threshold", ...SERIES.map(([n]) => n)],
          rows: thresholdCurve(cube, Array.from({ length: 19 }, (_, i) => (i + 1) / 20)).map((p) => line(two(p.threshold), p)),
        })}>
        <Curve name={name} x={curve.map((p) => p.threshold)} marks={marks}
          said={here.map(([t, ...v]) => `${t}: ${SERIES.map(([n], i) => `${n} ${v[i]}`).join(", ")}`).join("; ")}
          series={SERIES.map(([n, get]) => ({ name: n, at: curve.map(get) }))} />
      </Chart>
      <table class="lw-table" aria-label="At the thresholds in use and selected">
        <thead><tr><th scope="col">threshold</th>{SERIES.map(([n]) => <th key={n} scope="col" class="lw-num">{n}</th>)}</tr></thead>
        <tbody>
          {here.map(([t, ...v]) => (
            <tr key={t}><th scope="row">{t}</th>{v.map((x, i) => <td key={SERIES[i]?.[0]} class="lw-num">{x}</td>)}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
