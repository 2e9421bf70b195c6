import { calibrationOf } from "../calibration.ts";
import { Chart } from "../charts/Chart.tsx";
import { linear, useWidth } from "../charts/scale.ts";
import { fixed, integer, percent } from "../format.ts";
import { usePanel } from "../state/view.ts";

const BINS = 10;
const SIDE = 220;
const LEFT = 34;

/** What the model states against what is observed, with 95 % intervals. */
export function Calibration() {
  const { py } = usePanel();
  const [ref, width] = useWidth(420);
  const cube = py.cube.value;
  if (!cube) return null;
  const bins = calibrationOf(cube, BINS);
  const { errors } = cube;
  const what = errors.kind === "binary" ? `share of ${errors.classes[errors.positive ?? 1]}` : "share of right answers";
  const stated = errors.kind === "binary" ? "score" : "confidence";
  const off = bins.filter((b) => b.stated < b.low || b.stated > b.high).length;
  const said = bins.length ? `In ${off} of ${bins.length} bins the stated value lies outside of the 95 % interval of what is observed.` : "No rows.";
  const w = Math.min(width, 420);
  const x = linear(0, 1, LEFT, w - 10);
  const y = linear(0, 1, SIDE, 8);
  return (
    <Chart name="Calibration" title={<>Observed {what} by {stated}, 95 % intervals; dashed: as stated</>}
      table={() => ({
        columns: [`mean ${stated}`, `observed ${what}`, "95 % interval", "rows"],
        rows: bins.map((b) => [fixed(b.stated, 3), percent(b.observed, 1), `${percent(b.low, 1)} to ${percent(b.high, 1)}`, integer(b.rows)]),
      })}>
      <div ref={ref} class="lw-plot">
        <svg class="lw-svg" width={w} height={SIDE + 32} role="img" aria-label={`Calibration. ${said}`}>
          {[0, 0.25, 0.5, 0.75, 1].map((t) => (
            <g key={t}>
              <line class="lw-grid" x1={LEFT} x2={w - 10} y1={y(t)} y2={y(t)} />
              <text class="lw-tick" x={LEFT - 6} y={y(t) + 3.5} text-anchor="end">{percent(t, 0)}</text>
              <text class="lw-tick" x={x(t)} y={SIDE + 15} text-anchor="middle">{fixed(t, 2)}</text>
            </g>
          ))}
          <line class="lw-in-use" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
          {bins.map((b) => (
            <g key={b.stated} class={b.stated < b.low || b.stated > b.high ? "lw-interval lw-row-marked" : "lw-interval"}>
              <title>{`${fixed(b.stated, 3)} stated, ${percent(b.observed, 1)} observed (${percent(b.low, 1)} to ${percent(b.high, 1)}), ${integer(b.rows)} rows`}</title>
              <line class="lw-whisker lw-whisker-thin" x1={x(b.stated)} x2={x(b.stated)} y1={y(b.low)} y2={y(b.high)} />
              <circle class="lw-dot" cx={x(b.stated)} cy={y(b.observed)} r={4} />
            </g>
          ))}
          <text class="lw-tick" x={(LEFT + w - 10) / 2} y={SIDE + 29} text-anchor="middle">{stated}</text>
        </svg>
      </div>
      <p class="lw-small lw-muted">{said}{!errors.probabilities && " The scores are not probabilities: only their order means something."}</p>
    </Chart>
  );
}
