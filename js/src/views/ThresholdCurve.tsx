import { useSignal } from "@preact/signals";
import { Chart, ChartTable } from "../charts/Chart.tsx";
import { Curve, type Mark } from "../charts/Curve.tsx";
import { cheapest, costCurve, type Costs, EVEN, type Mistakes, savingOf } from "../costs.ts";
import { type Cube, type CurvePoint, thresholdCurve } from "../cube.ts";
import { edge, fixed, integer, percent, plain } from "../format.ts";
import { usePanel } from "../state/view.ts";
import { Text } from "./Text.tsx";

const SERIES: [string, (p: CurvePoint) => number | null][] = [
  ["recall", (p) => p.recall], ["precision", (p) => p.precision], ["F1", (p) => p.f1], ["balanced accuracy", (p) => p.balanced],
];
const NAME = "Recall, precision, F1 and balanced accuracy by threshold";
const COST = "Cost per 1,000 rows";
const two = (v: number | null | undefined): string => (v === null || v === undefined ? "–" : fixed(v, 2));
/** Round steps for the table of a curve. */
const STEPS = Array.from({ length: 19 }, (_, i) => (i + 1) / 20);

/** A threshold that is marked in the curves and has a line in the table. */
interface Point extends Mark {
  title: string;
}

/** What each threshold would give on the validation rows: the one in use, the one selected and, where costs are asked for, the cheapest. */
export function ThresholdCurve({ withCosts = false }: { withCosts?: boolean }) {
  const { py, explore } = usePanel();
  const cube = py.cube.value;
  const selected = explore.threshold.value;
  if (!cube || selected === null) return null;
  return (
    <div class="lw-threshold">
      {withCosts ? <WithCosts cube={cube} selected={selected} /> : <Curves cube={cube} selected={selected} costs={null} />}
    </div>
  );
}

function WithCosts({ cube, selected }: { cube: Cube; selected: number }) {
  const { py, view, explore } = usePanel();
  const told = py.report.value?.data.costs;
  const costs = view.costs.value ?? (told ? { missed: told.false_negative, alarm: told.false_positive } : EVEN);
  const { classes, positive, threshold, weighted } = cube.errors;
  const used = threshold ?? 0.5;
  const curve = costCurve(cube, costs, explore.stops.value.threshold);
  const best = cheapest(curve, used);
  const [inUse] = costCurve(cube, costs, [used]) as [Mistakes];
  const saving = best && savingOf(inUse, best, costs);
  const percentSaved = saving && inUse.cost > 0 ? ` (${percent(saving.saved / inUse.cost, 0)})` : "";
  const there = best?.threshold === selected;
  return (
    <>
      <div class="lw-costs lw-flow">
        <Cost costs={costs} part="missed" name={<>Cost of a missed <Text text={classes[positive ?? 1] ?? ""} max={24} /></>} />
        <Cost costs={costs} part="alarm" name="Cost of a false alarm" />
        {best && (
          <button type="button" class="lw-button" aria-disabled={there} onClick={() => {
            if (there) return;
            py.setThreshold(best.threshold);
            view.say(`Threshold ${edge(best.threshold)}`);
          }}>Use the cheapest</button>
        )}
      </div>
      {best && saving && (
        <p>
          {best.threshold === used
            ? `The threshold in use, ${edge(used)}, is the cheapest on these rows.`
            : <>Cheapest at <b>{edge(best.threshold)}</b>: it saves <b>{plain(round(saving.saved))}</b>
              {!weighted && ` [${plain(round(saving.low))}, ${plain(round(saving.high))}]`} per 1,000 rows{percentSaved} against {edge(used)}. </>}
          {best.threshold !== used && <span class="lw-muted">It is chosen on these rows, so the saving is optimistic: judge it on others.</span>}
        </p>
      )}
      <Curves cube={cube} selected={selected} costs={{ curve, best, costs }} />
    </>
  );
}

/** Three significant digits: costs are no better known. */
const round = (v: number): number => Number(v.toPrecision(3));

function Cost({ costs, part, name }: { costs: Costs; part: keyof Costs; name: preact.ComponentChildren }) {
  const { view } = usePanel();
  const wrong = useSignal(false);
  return (
    <label class="lw-small">{name}{" "}
      <input class="lw-select" type="number" min="0" step="any" inputMode="decimal" value={costs[part]} aria-invalid={wrong.value}
        onInput={(e) => {
          const v = e.currentTarget.valueAsNumber;
          wrong.value = !(v > 0 && Number.isFinite(v));
          if (!wrong.value) view.costs.value = { ...costs, [part]: v };
        }} />
      {wrong.value && <span class="lw-wrong" role="alert"> a number above 0</span>}
    </label>
  );
}

interface CurvesProps {
  cube: Cube;
  selected: number;
  costs: { curve: Mistakes[]; best: Mistakes | null; costs: Costs } | null;
}

function Curves({ cube, selected, costs }: CurvesProps) {
  const { explore } = usePanel();
  const used = cube.errors.threshold ?? 0.5;
  const moved = selected !== used;
  const points: Point[] = [{ at: used, title: `in use${moved ? "" : " and selected"}`, label: "", strong: !moved }];
  if (moved) points.push({ at: selected, title: "selected", label: "", strong: true });
  const best = costs?.best;
  if (best && best.threshold !== used && best.threshold !== selected) points.push({ at: best.threshold, title: "cheapest", label: "" });
  const priced = costs && costCurve(cube, costs.costs, points.map((p) => p.at));
  const marks = points.map((p, i) => ({
    ...p, title: best?.threshold === p.at && p.title !== "cheapest" ? `${p.title}, cheapest` : p.title, cost: priced?.[i]?.cost ?? 0,
  })).map((p) => ({ ...p, label: `${p.title} ${edge(p.at)}` }));
  const at = thresholdCurve(cube, points.map((p) => p.at));
  const line = (title: string, p: CurvePoint | undefined, cost: number | undefined): (string | null)[] =>
    [title, ...SERIES.map(([, get]) => two(p && get(p))), ...(costs ? [cost === undefined ? null : plain(round(cost))] : [])];
  const columns = [...SERIES.map(([n]) => n), ...(costs ? [COST.toLowerCase()] : [])];
  const lines = marks.map((m, i) => line(m.label, at[i], priced?.[i]?.cost));
  const marked = {
    columns: ["threshold", ...columns, ...(costs ? ["missed", "false alarms"] : [])],
    rows: lines.map((l, i) => [...l, ...(priced?.[i] ? [integer(priced[i].missed), integer(priced[i].alarms)] : [])]),
  };
  const curve = explore.curve.value;
  const name = costs ? `${NAME}, and cost` : NAME;
  const rates = <Curve name={NAME} x={curve.map((p) => p.threshold)} marks={marks}
    said={lines.map(([t, ...v]) => `${t}: ${SERIES.map(([n], i) => `${n} ${v[i]}`).join(", ")}`).join("; ")}
    series={SERIES.map(([n, get]) => ({ name: n, at: curve.map(get) }))} />;
  return (
    <>
      <Chart title={name} name={name}
        table={() => {
          const cost = costs && costCurve(cube, costs.costs, STEPS);
          return { columns: ["threshold", ...columns], rows: thresholdCurve(cube, STEPS).map((p, i) => line(two(p.threshold), p, cost?.[i]?.cost)) };
        }}>
        {costs
          ? (
            <div class="lw-halves">
              {rates}
              <Curve name={COST} x={costs.curve.map((p) => p.threshold)} pen={4} top={Math.max(...costs.curve.map((p) => p.cost)) || 1}
                marks={marks.map((m) => ({ ...m, dot: m.cost }))} said={marks.map((m) => `${m.label}: ${plain(round(m.cost))}`).join("; ")}
                series={[{ name: COST, at: costs.curve.map((p) => p.cost) }]} />
            </div>
          )
          : rates}
      </Chart>
      <ChartTable name={costs ? "At the marked thresholds" : "At the thresholds in use and selected"} view={marked} />
    </>
  );
}
