/** Lines over the threshold, told apart by dashes and by labels at their ends, with marked thresholds. */
import { decimals, linear, ticks, useWidth } from "./scale.ts";
import { fixed } from "../format.ts";

export interface Series {
  name: string;
  at: (number | null)[];
}
export interface Mark {
  at: number;
  label: string;
  strong: boolean;
}

interface Props {
  name: string;
  said: string;
  x: number[];
  series: Series[];
  marks: Mark[];
}
/** Told apart without colour. */
const DASHES = [undefined, "7 3", "2 3", "9 3 2 3"];
const HEIGHT = 150;
const TOP = 34;

export function Curve({ name, said, x: xs, series, marks }: Props) {
  const [ref, width] = useWidth(420);
  const left = 26;
  const x = linear(0, 1, left, width - 8);
  const y = linear(0, 1, TOP + HEIGHT, TOP);
  const at = ticks(0, 1, 5);
  return (
    <div ref={ref} class="lw-plot">
      <svg class="lw-svg" width={width} height={TOP + HEIGHT + 32} role="img" aria-label={`${name}. ${said}`}>
        <title>{name}</title>
        <desc>{said}</desc>
        {at.map((t) => (
          <g key={t}>
            <line class="lw-grid" x1={left} x2={width - 8} y1={y(t)} y2={y(t)} />
            <text class="lw-tick" x={left - 5} y={y(t) + 3.5} text-anchor="end">{fixed(t, decimals(at))}</text>
            <text class="lw-tick" x={x(t)} y={TOP + HEIGHT + 14} text-anchor="middle">{fixed(t, decimals(at))}</text>
          </g>
        ))}
        <text class="lw-tick" x={(left + width - 8) / 2} y={TOP + HEIGHT + 28} text-anchor="middle">threshold</text>
        {series.map((s, i) => <path key={s.name} {...stroke(i)} d={path(s.at, xs, x, y)} />)}
        {marks.map((m) => (
          <g key={m.label} class={m.strong ? "lw-mark lw-mark-strong" : "lw-mark"}>
            <line x1={x(m.at)} x2={x(m.at)} y1={m.strong && marks.length > 1 ? TOP - 18 : TOP - 4} y2={TOP + HEIGHT} />
            <text x={x(m.at)} y={m.strong && marks.length > 1 ? TOP - 22 : TOP - 8}
              text-anchor={m.at > 0.82 ? "end" : m.at < 0.18 ? "start" : "middle"}>{m.label}</text>
          </g>
        ))}
      </svg>
      <ul class="lw-legend lw-flow lw-small">
        {series.map((s, i) => (
          <li key={s.name}>
            <svg width="26" height="8" aria-hidden="true"><path {...stroke(i)} d="M1 4H25" /></svg> {s.name}
          </li>
        ))}
      </ul>
    </div>
  );
}

const stroke = (i: number) =>
  ({ class: `lw-curve-${i}`, fill: "none", "stroke-width": 2, "stroke-linejoin": "round", "stroke-dasharray": DASHES[i] }) as const;

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
