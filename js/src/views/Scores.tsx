import { Chart } from "../charts/Chart.tsx";
import { Grid, numbers } from "../charts/Grid.tsx";
import { Intervals, type Interval } from "../charts/Intervals.tsx";
import { fixed, signed } from "../format.ts";
import { usePanel } from "../state/view.ts";
import type { Metric, Rung } from "../types.ts";
import { LOWER_IS_BETTER, METRICS } from "../words.ts";
import { Text } from "./Text.tsx";

const NOTHING: Metric = { mean: null, std: null, low: null, high: null };
const three = (v: number | null): string => (v === null ? "–" : fixed(v, 3));

/** The climb in numbers: every estimator so far, and what this rung gained. */
export function Scores({ rung }: { rung: Rung }) {
  const { py, view } = usePanel();
  const scored = (py.report.value?.rungs ?? []).filter((r) => r.score).reverse();
  const known = Object.keys(METRICS).filter((m) => scored.some((r) => r.score?.metrics[m]?.mean != null));
  const metric = known.includes(view.metric.value) ? view.metric.value : (known[0] ?? "roc_auc");
  const title = METRICS[metric] ?? metric;
  const items = scored.map((r): Interval => ({
    label: r.score?.label ?? r.name, kind: r.number === 4 ? "model" : r.number === 1 ? "floor" : "reference",
    metric: r.score?.metrics[metric] ?? NOTHING,
  }));
  const name = `Cross-validated ${title}, 95 % interval`;
  const how = [...new Set(scored.map((r) => r.score?.how).filter(Boolean))];
  return (
    <>
      <Chart title={`${name}${LOWER_IS_BETTER.has(metric) ? " (lower is better)" : ""}`} name={name}
        controls={(
          <select class="lw-select" aria-label="Metric" value={metric}
            onChange={(e) => { view.metric.value = e.currentTarget.value; }}>
            {known.map((m) => <option key={m} value={m}>{METRICS[m]}</option>)}
          </select>
        )}
        table={() => ({
          columns: ["estimator", "mean", "low", "high", "deviation"],
          rows: items.map((i) => [i.label, three(i.metric.mean), three(i.metric.low), three(i.metric.high), three(i.metric.std)]),
        })}>
        <Intervals items={items} name={name} />
      </Chart>
      {how.length > 0 && <p class="lw-muted lw-small"><bdi>{how.join("; ")}</bdi></p>}
      {rung.gaps.map((g) => (
        <p key={`${g.label} ${g.metric}`} class="lw-gap">
          <Text text={g.label} max={80} />: <b>{signed(g.mean, 3)}</b>{" "}
          <span class="lw-muted">[{signed(g.low, 3)}, {signed(g.high, 3)}] {METRICS[g.metric] ?? g.metric}</span>
        </p>
      ))}
      {rung.score && <Metrics rung={rung} />}
    </>
  );
}

function Metrics({ rung }: { rung: Rung }) {
  const score = rung.score;
  if (!score) return null;
  return (
    <details class="lw-disclosure">
      <summary>All metrics of {rung.name}</summary>
      <Grid name={`Metrics of ${rung.name}`} group={`Metrics of ${rung.name}, table`} side={numbers} columns={["metric", "mean", "95 % interval"]}
        rows={Object.entries(score.metrics).map(([m, v]) => [METRICS[m] ?? m, three(v.mean), v.low === null ? "–" : `${three(v.low)} to ${three(v.high)}`])} />
      <p class="lw-muted lw-small"><Text text={score.estimator} max={120} /> on {score.rows.toLocaleString("en-US")} rows</p>
    </details>
  );
}
