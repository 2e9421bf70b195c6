import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Chart } from "../charts/Chart.tsx";
import { useWidth } from "../charts/scale.ts";
import { edge, fixed, integer, percent } from "../format.ts";
import { aucScale, datesOf, legible, lineOf, psiScale, psiTop, stepOf } from "../production.ts";
import { usePanel } from "../state/view.ts";
import type { Status, Watch, WatchWindow } from "../types.ts";
import { STATUS } from "../words.ts";
import { tone } from "./Icon.tsx";

const GUTTER = 40;
/** Of the lanes, top to bottom: where each ends and how high it is. */
const PSI = { bottom: 104, top: 22 };
const AUC = { bottom: 194, top: 132 };
const ROWS = 28;
const NAME = "Windows of production";
const KINDS = { labels: "from the labels", reweighted: "labels, reweighted", estimated: "estimated without labels" };

const two = (v: number | null): string | null => (v === null ? null : fixed(v, 2));
const three = (v: number | null): string | null => (v === null ? null : fixed(v, 3));
export const aucText = (w: WatchWindow): string =>
  w.auc === null ? "" : `ROC AUC ${fixed(w.auc, 3)}${w.aucLow === null || w.aucHigh === null ? "" : ` [${fixed(w.aucLow, 3)}, ${fixed(w.aucHigh, 3)}]`}${w.aucKind ? `, ${KINDS[w.aucKind]}` : ""}`;

/** Windows in time: how far from training, how good, how many rows. Each is a button. */
export function Timeline({ watch, shown }: { watch: Watch; shown: number }) {
  return (
    <Chart name={NAME} title="Distance from training and quality, by window"
      table={() => ({
        columns: ["window", "rows", "largest PSI", "in", "PSI of the score", "labelled", "ROC AUC", "95 % interval", "how", "verdict"],
        rows: watch.windows.map((w) => [
          w.name, integer(w.rows), two(w.psi), w.mover, two(w.psiScore), w.coverage === null ? null : percent(w.coverage, 0), three(w.auc),
          w.aucLow === null || w.aucHigh === null ? null : `${three(w.aucLow)} to ${three(w.aucHigh)}`, w.aucKind && KINDS[w.aucKind], STATUS[w.status],
        ]),
      })}>
      <Lanes watch={watch} shown={shown} />
      <Legend watch={watch} />
      {watch.note && <p class="lw-small lw-muted">{watch.note}</p>}
    </Chart>
  );
}

function Lanes({ watch, shown }: { watch: Watch; shown: number }) {
  const { windows, limits } = watch;
  const [ref, width] = useWidth(760);
  const box = useRef<HTMLDivElement>(null);
  const step = stepOf(width - GUTTER, windows.length);
  const judged = windows.some((w) => w.auc !== null);
  const end = (judged ? AUC.bottom : PSI.bottom) + ROWS + 16;
  const psi = psiScale(watch, PSI.bottom, PSI.top);
  const auc = aucScale(watch, AUC.bottom, AUC.top);
  const rows = Math.max(1, ...windows.map((w) => w.rows));
  const { most, cut } = psiTop(watch);
  const covered = windows.some((w) => w.coverage !== null);
  const x = (i: number): number => (i + 0.5) * step;
  const wide = windows.length * step;
  const base = limits.aucBaseline;
  const guides: [number, number, string][] = [[PSI.bottom, 0, "lw-grid"], [psi(limits.psi), limits.psi, "lw-limit"], [psi(limits.psiWarn), limits.psiWarn, "lw-half"]];
  if (judged && base !== null) guides.push([auc(base), base, "lw-axis"], [auc(base - limits.aucDrop), base - limits.aucDrop, "lw-limit"]);
  useLayoutEffect(() => {
    if (box.current) box.current.scrollLeft = x(shown) - box.current.clientWidth / 2;
  }, [watch]);
  return (
    <div ref={ref} class="lw-lanes">
      <svg class="lw-svg" width={GUTTER} height={end + 20} aria-hidden="true">
        {legible([...guides.map(([y, v]) => ({ y, text: edge(v) })), ...(cut ? [{ y: PSI.top, text: `≥ ${edge(most)}` }] : [])]).map(({ y, text }) => <text key={y} x={GUTTER - 6} y={y + 4} text-anchor="end">{text}</text>)}
      </svg>
      <div ref={box} class="lw-scroll">
        <Windows watch={watch} shown={shown} step={step} height={end}>
          <svg class="lw-svg" width={wide} height={end + 20} aria-hidden="true">
            {guides.map(([y, , line], i) => <line key={i} class={line} x2={wide} y1={y} y2={y} />)}
            {windows.map((w, i) => {
              const high = Math.max(1, (w.rows / rows) * ROWS);
              return <rect key={w.start} class="lw-rows-bar" x={i * step + 1} width={step - 2} y={end - high} height={high} />;
            })}
            {covered && windows.map((w, i) => w.coverage !== null
              && <rect key={w.start} class="lw-covered" x={i * step + 1} width={(step - 2) * w.coverage} y={end + 1} height={3} />)}
            <path class="lw-score-line" d={lineOf(windows, (w) => w.psiScore, x, psi)} />
            <path class="lw-psi-line" d={lineOf(windows, (w) => w.psi, x, psi)} />
            {windows.map((w, i) => w.psi !== null && <PsiMark key={w.start} status={w.status} x={x(i)} y={psi(w.psi)} />)}
            {judged && windows.map((w, i) => <AucMark key={w.start} window={w} x={x(i)} y={auc} />)}
            {datesOf(windows, step).map(({ at, text }) => <text key={at} x={at * step + 1} y={end + 17}>{text}</text>)}
          </svg>
        </Windows>
      </div>
      <LaneName y={0}>Largest PSI of a feature, dashed: of the score</LaneName>
      {judged && <LaneName y={PSI.bottom + 8}>ROC AUC with 95 % interval</LaneName>}
      <LaneName y={end - ROWS - 14}>Rows{covered && ", below them the share labelled"}</LaneName>
    </div>
  );
}

const LaneName = ({ y, children }: { y: number; children: preact.ComponentChildren }) =>
  <span class="lw-lane-name lw-small lw-muted lw-cut" style={{ top: `${y}px`, left: `${GUTTER}px` }}>{children}</span>;

interface WindowsProps {
  watch: Watch;
  shown: number;
  step: number;
  height: number;
  children: preact.ComponentChildren;
}

/** One tab stop; arrows move along the windows, Enter or a click chooses. */
function Windows({ watch: { windows }, shown, step, height, children }: WindowsProps) {
  const { view } = usePanel();
  const stop = useSignal(shown);
  const key = (e: KeyboardEvent): void => {
    const last = windows.length - 1;
    const to = { ArrowLeft: stop.peek() - 1, ArrowRight: stop.peek() + 1, Home: 0, End: last }[e.key];
    if (to === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    stop.value = Math.min(last, Math.max(0, to));
    ((e.currentTarget as Element).children[stop.peek()] as HTMLElement | undefined)?.focus();
  };
  return (
    <div class="lw-plot lw-windows" role="group" aria-label={NAME} onKeyDown={key} style={{ width: `${windows.length * step}px` }}>
      {windows.map((w, i) => (
        <button key={w.start} type="button" class="lw-window" aria-label={w.label} title={w.label} aria-pressed={i === shown}
          tabIndex={i === Math.min(stop.value, windows.length - 1) ? 0 : -1} style={{ left: `${i * step}px`, width: `${step}px`, height: `${height + 5}px` }}
          onFocus={() => { stop.value = i; }} onClick={() => { view.window.value = w.start; }} />
      ))}
      {children}
    </div>
  );
}

/** Disc, triangle, square: a verdict does not hang on its colour. */
const SHAPES: Partial<Record<Status, string>> = { warn: "M0-5l5 9h-10z", fail: "M-4-4h8v8h-8z" };
const DISC = "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0";

const PsiMark = ({ status, x, y }: { status: Status; x: number; y: number }) =>
  <path class="lw-psi-mark" style={tone(status)} transform={`translate(${x} ${y})`} d={SHAPES[status] ?? DISC} />;

function AucMark({ window: w, x, y }: { window: WatchWindow; x: number; y: (v: number) => number }) {
  if (w.auc === null) return null;
  return (
    <g class={`lw-auc lw-auc-${w.aucKind}`}>
      {w.aucLow !== null && w.aucHigh !== null && <line x1={x} x2={x} y1={y(w.aucLow)} y2={y(w.aucHigh)} />}
      <path transform={`translate(${x} ${y(w.auc)})`} d={DISC} />
    </g>
  );
}

function Legend({ watch: { windows } }: { watch: Watch }) {
  const kinds = Object.keys(KINDS).filter((k) => windows.some((w) => w.aucKind === k)) as (keyof typeof KINDS)[];
  const seen = (["pass", "warn", "fail"] as const).filter((s) => windows.some((w) => w.status === s));
  return (
    <ul class="lw-legend lw-flow lw-small lw-muted">
      {seen.map((s) => <li key={s}><svg width="12" height="12" aria-hidden="true"><PsiMark status={s} x={6} y={6} /></svg> {STATUS[s]}</li>)}
      {kinds.map((k) => (
        <li key={k}><svg width="12" height="14" aria-hidden="true"><g class={`lw-auc lw-auc-${k}`}><path d="M6 0v14" /><path transform="translate(6 7)" d={DISC} /></g></svg> AUC {KINDS[k]}</li>
      ))}
    </ul>
  );
}
