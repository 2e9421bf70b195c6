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
    <div class="lw-scroll lw-scroll-tall" tabIndex={0} role="group" aria-label="Top movers, scrollable">
      <table class="lw-table lw-evidence" aria-label="Top movers">
        <thead>
          <tr>
            <th scope="col">feature</th><th scope="col" class="lw-num">PSI</th><th scope="col" class="lw-num">by chance</th>
            <th scope="col">all windows</th><th scope="col">verdict</th>
          </tr>
        </thead>
        <tbody>
          {movers.map((f) => (
            <tr key={f.name} class={f === mover ? "lw-chosen" : ""}>
              <th scope="row">
                <button type="button" class="lw-link" aria-pressed={f === mover} onClick={() => { view.mover.value = f.name; }}>
                  <Text text={f.name} max={26} />
                </button>
              </th>
              <td class="lw-num">{loud(f, at) ? <b>{number(f.psi[at])}</b> : number(f.psi[at])}</td>
              <td class="lw-num lw-muted">{number(f.noise[at])}</td>
              <td><Trend watch={watch} feature={f} at={at} /></td>
              <td class="lw-nowrap lw-verdict">{loud(f, at) && <Icon status={f.status[at] ?? "skip"} label="" />} {STATUS[f.status[at] ?? "skip"]}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const loud = (f: WatchFeature, at: number): boolean => f.status[at] === "warn" || f.status[at] === "fail";
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
    words={`${w.name}${psi === null || psi === undefined ? "" : `: PSI ${number(psi)}, ${number(feature.noise[at])} of it expected by chance`}`} />;
}
