/** One dot with its 95 % interval per estimator, on a shared axis. */
import { fixed } from "../format.ts";
import type { Metric } from "../types.ts";
import { decimals, linear, ticks, useWidth } from "./scale.ts";

export interface Interval {
  label: string;
  kind: "model" | "reference" | "floor";
  metric: Metric;
}
const ROW = 26;

export function Intervals({ items, name }: { items: Interval[]; name: string }) {
  const [ref, width] = useWidth(330);
  const names = Math.min(110, Math.max(78, width * 0.3));
  const values = 50;
  const ends = items.flatMap(({ metric: m }) => [m.low, m.high, m.mean]).filter((v): v is number => v !== null);
  let lo = Math.min(...ends);
  let hi = Math.max(...ends);
  if (!ends.length) [lo, hi] = [0, 1];
  const pad = Math.max((hi - lo) * 0.08, 0.005);
  lo -= pad;
  hi += pad;
  const x = linear(lo, hi, names, width - values);
  const at = ticks(lo, hi, width > 300 ? 4 : 3);
  const height = items.length * ROW;
  const said = items.map(({ label, metric: m }) =>
    m.mean === null ? `${label}: not defined`
      : `${label}: ${fixed(m.mean, 3)}${m.low !== null && m.high !== null ? ` [${fixed(m.low, 3)}, ${fixed(m.high, 3)}]` : ""}`);
  return (
    <div ref={ref} class="lw-plot">
      <svg class="lw-svg" width={width} height={height + 20} role="img" aria-label={`${name}. ${said.join("; ")}`}>
        <title>{name}</title>
        <desc>{said.join("; ")}</desc>
        {at.map((t) => (
          <g key={t}>
            <line class="lw-grid" x1={x(t)} x2={x(t)} y1={0} y2={height} />
            <text class="lw-tick" x={x(t)} y={height + 14} text-anchor="middle">{fixed(t, decimals(at))}</text>
          </g>
        ))}
        {items.map(({ label, kind, metric: m }, i) => {
          const y = i * ROW + ROW / 2;
          return (
            <g key={label} class={`lw-interval lw-interval-${kind}`}>
              <text class="lw-name" x={0} y={y + 4}>{label.length > 16 ? `${label.slice(0, 15)}…` : label}<title>{label}</title></text>
              {m.low !== null && m.high !== null && <line class="lw-whisker" x1={x(m.low)} x2={x(m.high)} y1={y} y2={y} />}
              {m.mean !== null && (kind === "model"
                ? <path class="lw-dot" d={`M${x(m.mean)} ${y - 6}l6 6l-6 6l-6-6Z`} />
                : <circle class="lw-dot" cx={x(m.mean)} cy={y} r={4.5} />)}
              <text class="lw-number" x={width} y={y + 4} text-anchor="end">{m.mean === null ? "–" : fixed(m.mean, 3)}</text>
            </g>
          );
        })}
      </svg>
    </div>
  );
}
