/** How a feature is distributed on two sides: shares of each side, one before the other. */
import { integer, percent } from "../format.ts";
import { Text } from "../views/Text.tsx";
import { Chart } from "./Chart.tsx";
import { linear, useWidth } from "./scale.ts";

interface Bar {
  label: string;
  here: number;
  there: number;
}
interface Props {
  feature: string;
  category: boolean;
  /** Rows by value on both sides. */
  bins: Bar[];
  /** What the sides are called, and how many rows they have. */
  names: readonly [string, string];
  rows: readonly [number, number];
  words: string;
}

export function TwoSides({ feature, category, bins, names: [here, there], rows, words }: Props) {
  const share = (n: number, of: number): number => (of > 0 ? n / of : 0);
  const bars = bins.map((b): Bar => ({ label: b.label, here: share(b.here, rows[0]), there: share(b.there, rows[1]) }));
  const said = `${here}: ${integer(rows[0])} rows; ${there}: ${integer(rows[1])} rows. ${words}`;
  return (
    <Chart name={`Distribution of ${feature}`}
      title={<>Distribution of <Text text={feature} max={48} />: <span class="lw-key-wrong">{here}</span> against <span class="lw-key-right">{there}</span>, shares of each side</>}
      table={() => ({
        columns: [category ? "level" : "values", here, there, `share of ${here}`, `share of ${there}`],
        rows: bins.map((b, i) => [b.label, integer(b.here), integer(b.there), percent(bars[i]?.here ?? 0, 1), percent(bars[i]?.there ?? 0, 1)]),
      })}>
      {category ? <Across bars={bars} said={said} /> : <Upright bars={bars} said={said} />}
      <p class="lw-foot lw-muted">{words}</p>
    </Chart>
  );
}

interface Bars {
  bars: Bar[];
  said: string;
}
const title = (b: Bar): string => `${b.label}: ${percent(b.here, 1)} against ${percent(b.there, 1)}`;
const topOf = (bars: Bar[]): number => Math.max(...bars.flatMap((b) => [b.here, b.there]), 0.001);
const HEIGHT = 96;

/** Where ranges meet stands the value at which they do; a gap is named below its own bar. */
function ticksOf(bars: Bar[], every: number): { at: number; text: string }[] {
  const out: { at: number; text: string }[] = [];
  bars.forEach(({ label }, i) => {
    const [, low] = /^(?:from )?(.+) to /.exec(label) ?? [];
    if (low !== undefined) {
      if (i % every === 0) out.push({ at: i, text: low });
    } else if (label === "missing" || bars.length < 4) out.push({ at: i + 0.5, text: label });
  });
  return out;
}

/** Numbers and dates: the errors as narrow bars before the broad ones of the right answers. */
function Upright({ bars, said }: Bars) {
  const [ref, width] = useWidth(500);
  const wide = Math.min(width, 56 * bars.length);
  const y = linear(0, topOf(bars), HEIGHT, 6);
  const step = wide / Math.max(1, bars.length);
  const every = Math.max(1, Math.ceil(bars.length / Math.max(1, Math.floor(wide / 90))));
  const gap = Math.min(3, step * 0.12);
  return (
    <div ref={ref} class="lw-plot">
      <svg class="lw-svg" width={wide} height={HEIGHT + 20} role="img" aria-label={said}>
        {bars.map((b, i) => (
          <g key={b.label}>
            <title>{title(b)}</title>
            <rect class="lw-bar-right" x={i * step + gap} width={step - 2 * gap} y={y(b.there)} height={HEIGHT - y(b.there)} />
            <rect class="lw-bar-wrong" x={i * step + step * 0.32} width={step * 0.36} y={y(b.here)} height={HEIGHT - y(b.here)} />
          </g>
        ))}
        <line class="lw-axis" x1={0} x2={wide} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
        {ticksOf(bars, every).map(({ at, text }) => (
          <text key={at} class="lw-tick" x={Math.min(at * step, wide - 22)} y={HEIGHT + 15} text-anchor="middle">{text}</text>
        ))}
      </svg>
    </div>
  );
}

const LINE = 18;
/** Levels: names need the room of a line each. */
function Across({ bars, said }: Bars) {
  const [ref, width] = useWidth(500);
  const names = Math.min(190, width * 0.36);
  const x = linear(0, topOf(bars), names, Math.min(width, 620) - 84);
  const letters = Math.floor(names / 7);
  return (
    <div ref={ref} class="lw-plot">
      <svg class="lw-svg" width={Math.min(width, 620)} height={bars.length * LINE + 4} role="img" aria-label={said}>
        {bars.map((b, i) => (
          <g key={b.label} transform={`translate(0 ${i * LINE + 2})`}>
            <title>{title(b)}</title>
            <text class="lw-name" x={names - 8} y={12.5} text-anchor="end">{b.label.length > letters ? `${b.label.slice(0, letters - 1)}…` : b.label}</text>
            <rect class="lw-bar-right" x={names} width={x(b.there) - names} y={1} height={LINE - 3} />
            <rect class="lw-bar-wrong" x={names} width={x(b.here) - names} y={5} height={LINE - 11} />
            <text class="lw-tick" x={Math.max(x(b.here), x(b.there)) + 6} y={12}>{percent(b.here, 0)} / {percent(b.there, 0)}</text>
          </g>
        ))}
      </svg>
    </div>
  );
}
