import { Chart } from "../charts/Chart.tsx";
import { Curve } from "../charts/Curve.tsx";
import { Grid } from "../charts/Grid.tsx";
import { percent, value } from "../format.ts";
import { delayScale, shownWindow } from "../production.ts";
import { usePanel } from "../state/view.ts";
import type { Watch } from "../types.ts";
import { Finding } from "./Finding.tsx";
import { Icon } from "./Icon.tsx";
import { Timeline } from "./ProductionTimeline.tsx";
import { Window } from "./ProductionWindow.tsx";
import { ReplayLogged } from "./Replay.tsx";
import { Text } from "./Text.tsx";

/** The model in use, watched: windows in time, the one chosen, labels, triggers, and any row replayed. */
export function Production({ watch }: { watch: Watch }) {
  const { view } = usePanel();
  const at = shownWindow(watch, view.window.value);
  return (
    <section class="lw-production" aria-label="Production">
      {watch.windows.length > 0 && <Timeline watch={watch} shown={at} />}
      <Window watch={watch} at={at} />
      <div class="lw-halves">
        <TimeToLabel watch={watch} />
        <Triggers watch={watch} />
      </div>
      {!!watch.assumptions?.length && (
        <details class="lw-why">
          <summary class="lw-muted">What the estimates assume</summary>
          {watch.assumptions.map((a) => <p key={a}><bdi>{a}</bdi></p>)}
        </details>
      )}
      {watch.rows.replayable && <ReplayLogged total={watch.rows.total} />}
    </section>
  );
}

/** The same as a page of its own. */
export function ProductionAlone({ watch }: { watch: Watch }) {
  return (
    <div class="lw-detail">
      <h3 class="lw-title">Production</h3>
      <p class="lw-lead lw-any"><b><bdi>{watch.sentence}</bdi></b></p>
      <Production watch={watch} />
      {watch.findings?.map((f) => <Finding key={f.code} finding={f} open={f.status !== "pass" && f.status !== "skip"} />)}
    </div>
  );
}

/** How long labels take: shares with their 95 % band, and by when enough of them have come. */
function TimeToLabel({ watch: { timeToLabel: told, maturity } }: { watch: Watch }) {
  if (told.length < 2) return null;
  const x = delayScale(told.map((t) => t.delay));
  const name = "Share of rows labelled, by time since the prediction";
  const said = maturity ? `Windows count as mature after ${maturity.text}.` : "Too few labels have come to say when a window is mature.";
  return (
    <Chart name={name} title={`${name}, 95 % interval`}
      table={() => ({
        columns: ["within", "labelled", "95 % interval"],
        rows: told.map((t) => [t.text, percent(t.share, 1), `${percent(t.low, 1)} to ${percent(t.high, 1)}`]),
      })}>
      <Curve name={name} said={said} x={told.map((t) => x(t.delay))} pen={1} ticks={told.map((t) => ({ at: x(t.delay), text: t.text }))}
        band={{ low: told.map((t) => t.low), high: told.map((t) => t.high) }}
        series={[{ name: "", at: told.map((t) => t.share) }]} marks={maturity ? [{ at: x(maturity.delay), label: `mature after ${maturity.text}`, strong: true }] : []} />
    </Chart>
  );
}

function Triggers({ watch: { triggers } }: { watch: Watch }) {
  if (!triggers.length) return null;
  return (
    <div>
      <h4 class="lw-head">Triggers</h4>
      <Grid name="Triggers" group="Triggers, scrollable" side={(i) => (i === 1 || i === 2 ? "lw-num" : "")} columns={["rule", "limit", "now", "state"]}
        rows={triggers.map((t) => [
          <><b><Text text={t.name} max={40} /></b> <small class="lw-muted"><Text text={t.words} max={140} /></small></>,
          value(t.limit, "number"), value(t.value, "number"),
          <>
            <span class="lw-nowrap lw-verdict"><Icon status={t.fired ? (t.kind === "retrain" ? "fail" : "warn") : "pass"} label="" />{" "}
              {t.fired ? <b>{t.kind}</b> : "quiet"}</span>
            {t.fired && t.sinceText && ` since ${t.sinceText}`}
          </>,
        ])} />
    </div>
  );
}
