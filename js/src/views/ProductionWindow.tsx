import { Grid } from "../charts/Grid.tsx";
import { TwoSides } from "../charts/TwoSides.tsx";
import { linear } from "../charts/scale.ts";
import { fixed, integer, percent } from "../format.ts";
import { lineOf } from "../production.ts";
import { usePanel } from "../state/view.ts";
import type { Watch, WatchFeature, WatchWindow } from "../types.ts";
import { STATUS } from "../words.ts";
import { Icon } from "./Icon.tsx";
import { aucText } from "./ProductionTimeline.tsx";
import { Text } from "./Text.tsx";

/** One window: what moved most, and how it is distributed against training. */
export function Window({ watch, at }: { watch: Watch; at: number }) {
  const { view } = usePanel();
  const w = watch.windows[at];
  if (!w) return null;
  const movers = w.order.flatMap((i) => watch.features[i] ?? []);
  const mover = movers.find((f) => f.name === view.mover.value) ?? movers[0];
  const facts = [`${integer(w.rows)} rows`, w.coverage === null ? "" : `${percent(w.coverage, 0)} labelled`, aucText(w)];
  return (
    <div class="lw-window-shown" role="group" aria-label={w.label}>
      <h4 class="lw-flow"><Icon status={w.status} /> <b>{w.name}</b> <span class="lw-muted">{facts.filter(Boolean).join(" · ")}</span></h4>
      {mover && (
        <div class="lw-movers">
          <Movers watch={watch} movers={movers} mover={mover} at={at} />
          <Against feature={mover} window={w} at={at} />
        </div>
      )}
    </div>
  );
}

interface MoversProps {
  watch: Watch;
  movers: WatchFeature[];
  mover: WatchFeature;
  at: number;
}

function Movers({ watch, movers, mover, at }: MoversProps) {
  const { view } = usePanel();
  return (
    <Grid tall evidence name="Top movers" group="Top movers, scrollable" side={(i) => (i === 1 || i === 2 ? "lw-num" : "")}
      columns={["feature", "PSI", "by chance", "all windows", "verdict"]} line={(r) => (movers[r] === mover ? "lw-chosen" : "")}
      rows={movers.map((f) => {
        const status = f.status[at] ?? "skip";
        const loud = status === "warn" || status === "fail";
                return [
          <button type="button" class="lw-link" aria-pressed={f === mover} onClick={() => { view.mover.value = f.name; }}><Text text={f.name} max={26} /></button>,
          loud ? <b>{number(f.psi[at])}</b> : number(f.psi[at]),
          <span class="lw-muted">{number(f.noise[at])}</span>,
          <Trend watch={watch} feature={f} at={at} />,
          <span class="lw-nowrap lw-verdict">{loud && <Icon status={status} label="" />} {STATUS[status]}</span>,
        ];
      })} />
  );
}

const number = (v: number | null | undefined): string => (v === null || v === undefined ? "–" : fixed(v, 2));

const [WIDE, HIGH] = [76, 16];
/** The PSI of one feature over time, against the limit. */
function Trend({ watch: { windows, limits }, feature, at }: { watch: Watch; feature: WatchFeature; at: number }) {
  const x = linear(0, Math.max(1, windows.length - 1), 3, WIDE - 3);
  const scale = linear(0, limits.psi, HIGH - 2, 4);
  const y = (v: number): number => Math.max(2, scale(v));
  const now = feature.psi[at];
  return (
    <svg class="lw-svg lw-trend" width={WIDE} height={HIGH} aria-hidden="true">
      <line class="lw-half" x2={WIDE} y1={y(limits.psi)} y2={y(limits.psi)} />
      <path class="lw-psi-line" d={lineOf(windows, (w) => feature.psi[windows.indexOf(w)] ?? null, x, y)} />
      {now !== null && now !== undefined && <circle class="lw-mark-dot" cx={x(at)} cy={y(now)} r={2.5} />}
    </svg>
  );
}

const sum = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);

function Against({ feature, window: w, at }: { feature: WatchFeature; window: WatchWindow; at: number }) {
  const here = feature.windows[at] ?? [];
  const psi = feature.psi[at];
  return <TwoSides feature={feature.name} category={feature.kind === "category"} names={["this window", "training"]} rows={[sum(here), sum(feature.reference)]}
    bins={feature.bins.map((label, i) => ({ label, here: here[i] ?? 0, there: feature.reference[i] ?? 0 }))}
    words={`${w.name}${psi === null || psi === undefined ? "" : `: PSI ${number(psi)} beyond the ${number(feature.noise[at])} that chance explains`}`} />;
}
