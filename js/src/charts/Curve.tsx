/** Lines over the threshold, or over what `ticks` says, told apart by dashes and by labels at their ends, with marked thresholds. */
import { decimals, linear, ticks, useWidth } from "./scale.ts";
import { fixed } from "../format.ts";

export interface Series {
  name: string;
  at: (number | null)[];
}
export interface Mark {
  at: number;
  label: string;
  strong?: boolean;
  /** A dot on the line at this height. */
  dot?: number;
}

interface Props {
  name: string;
  said: string;
  x: number[];
  series: Series[];
  marks: Mark[];
  /** Upper end of the axis. */
  top?: number;
  /** Which pen the first line has. */
  pen?: number;
  /** Names of places from 0 to 1, where the axis is not the threshold: as many as there is room for are written. */
  ticks?: { at: number; text: string }[];
  /** An interval around the first line. */
  band?: { low: number[]; high: number[] };
}
/** Told apart without colour. */
const DASHES = [undefined, "7 3", "2 3", "9 3 2 3", undefined];
const HEIGHT = 150;
const LABEL = 14;

export function Curve({ name, said, x: xs, series, marks, top = 1, pen = 0, ticks: named, band }: Props) {
  const [ref, width] = useWidth(420);
  const heights = ticks(0, top, 5);
  const left = Math.max(26, 8 + 7 * fixed(top, decimals(heights)).length);
  const head = 8 + LABEL * marks.length;
  const x = linear(0, 1, left, width - 8);
  const y = linear(0, top, head + HEIGHT, head);
  const steps = ticks(0, 1, 5);
  const at = named ? spaced(named, 92 / (width - left - 8)) : steps.map((t) => ({ at: t, text: fixed(t, decimals(steps)) }));
  return (
    <div ref={ref} class="lw-plot">
      <svg class="lw-svg" width={width} height={head + HEIGHT + 32} role="img" aria-label={`${name}. ${said}`}>
        <title>{name}</title>
        <desc>{said}</desc>
        {heights.map((t) => (
          <g key={`y${t}`}>
            <line class="lw-grid" x1={left} x2={width - 8} y1={y(t)} y2={y(t)} />
            <text class="lw-tick" x={left - 5} y={y(t) + 3.5} text-anchor="end">{fixed(t, decimals(heights))}</text>
          </g>
        ))}
        {at.map((t) => <text key={t.at} class="lw-tick" x={x(t.at)} y={head + HEIGHT + 14} text-anchor={t.at > 0.96 ? "end" : t.at < 0.04 && named ? "start" : "middle"}>{t.text}</text>)}
        {!named && <text class="lw-tick" x={(left + width - 8) / 2} y={head + HEIGHT + 28} text-anchor="middle">threshold</text>}
        {band && <path class="lw-curve-band" d={`${path(band.high, xs, x, y)}L${path([...band.low].reverse(), [...xs].reverse(), x, y).slice(1)}z`} />}
        {series.map((s, i) => <path key={s.name} {...stroke(i + pen, series.length > 1)} d={path(s.at, xs, x, y)} />)}
        {/* Each label on a line of its own: thresholds may be close to one another. */}
        {marks.map((m, i) => (
          <g key={m.label} class={m.strong ? "lw-mark lw-mark-strong" : "lw-mark"}>
            <line x1={x(m.at)} x2={x(m.at)} y1={LABEL * (i + 1)} y2={head + HEIGHT} />
            {m.dot !== undefined && <circle class="lw-mark-dot" cx={x(m.at)} cy={y(m.dot)} r={4} />}
            <text x={x(m.at)} y={LABEL * (i + 1) - 3}
              text-anchor={m.at > 0.7 ? "end" : m.at < 0.3 ? "start" : "middle"}>{m.label}</text>
          </g>
        ))}
      </svg>
      {series.length > 1 && <ul class="lw-legend lw-flow lw-small">
        {series.map((s, i) => (
          <li key={s.name}>
            <svg width="26" height="8" aria-hidden="true"><path {...stroke(i + pen, true)} d="M1 4H25" /></svg> {s.name}
          </li>
        ))}
      </ul>}
    </div>
  );
}

/** The last one, and before it those that leave each other room. */
function spaced(all: { at: number; text: string }[], room: number): { at: number; text: string }[] {
  const kept: { at: number; text: string }[] = [];
  for (const tick of [...all].reverse()) {
    const last = kept.at(-1);
    if (!last || last.at - tick.at >= room) kept.push(tick);
  }
  return kept;
}

const stroke = (i: number, dashed: boolean) =>
  ({ class: `lw-curve-${i}`, fill: "none", "stroke-width": 2, "stroke-linejoin": "round", "stroke-dasharray": dashed ? DASHES[i] : undefined }) as const;

function path(at: (number | null)[], xs: number[], x: (v: number) => number, y: (v: number) => number): string {
  let out = "";
  let pen = "M";
  at.forEach((v, i) => {
    if (v === null) pen = "M";
    else {
      out += `${pen}${x(xs[i] as number).toFixed(1)} ${y(v).toFixed(1)}`;
      pen = "L";
    }
  });
  return out;
}
