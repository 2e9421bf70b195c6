import { Bars } from "../charts/Bars.tsx";
import { Chart } from "../charts/Chart.tsx";
import { useDrag } from "../charts/drag.ts";
import { linear, ticks, useWidth } from "../charts/scale.ts";
import { Slider } from "../charts/Slider.tsx";
import { nearest } from "../cube.ts";
import { edge, fixed, integer } from "../format.ts";
import { usePanel } from "../state/view.ts";

const HALF = 38;
const HEIGHT = 2 * HALF + 2;

/** Scores of both classes back to back; the threshold parts right from wrong. */
export function ScoreStrip() {
  const { py, explore } = usePanel();
  const [ref, width] = useWidth(640);
  const cube = py.cube.value;
  const threshold = explore.threshold.value;
  const x = linear(0, 1, 8, width - 8);
  const back = linear(8, width - 8, 0, 1);
  const stops = explore.stops.value.threshold;
  const down = useDrag({
    start() {
      py.dragging.value = true;
      return (p) => py.setThreshold(stops[nearest(stops, back(p))] as number);
    },
    end() {
      py.dragging.value = false;
    },
  });
  if (!cube || threshold === null) return null;
  const { classes, positive } = cube.errors;
  const title = cube.errors.probabilities ? `Probability of ${classes[positive ?? 1]}` : `Score of ${classes[positive ?? 1]}`;
  const [up, under] = explore.scores.value;
  const named = (actual: number): string => `actual ${classes[actual]}`;
  const n = (bars: { right: number; wrong: number }[]): number => bars.reduce((t, b) => t + b.right + b.wrong, 0);
  const said = explore.scores.value
    .map(({ actual, bars }) => `${named(actual)}: ${integer(bars.reduce((t, b) => t + b.wrong, 0))} of ${integer(n(bars))} wrong`).join("; ");
  const inUse = cube.errors.threshold;
  return (
    <Chart keep name={`${title} by actual class`} title={<>{title}: <bdi>{up && named(up.actual)}</bdi> above, <bdi>{under && named(under.actual)}</bdi> below</>}
      table={() => ({
        columns: ["score", named(positive ?? 1), named(1 - (positive ?? 1))],
        rows: (up?.bars ?? []).map((b, i) => {
          const other = under?.bars[i];
          return [`${fixed(b.from, 3)} to ${fixed(b.to, 3)}`, integer(b.right + b.wrong), other ? integer(other.right + other.wrong) : null];
        }),
      })}>
      <div ref={ref} class="lw-plot lw-brush" onPointerDown={down}>
        <svg class="lw-svg" width={width} height={HEIGHT + 20} role="img" aria-label={`${title} by actual class. ${said}.`}>
          <title>{`${title} by actual class`}</title>
          <desc>{said}</desc>
          {up && <Bars bars={up.bars} x={x} base={HALF} rise={HALF - 2} />}
          {under && <Bars bars={under.bars} x={x} base={HALF + 1} rise={-(HALF - 2)} />}
          <line class="lw-axis" x1={8} x2={width - 8} y1={HALF + 0.5} y2={HALF + 0.5} />
          {inUse !== null && inUse !== threshold
            && <line class="lw-in-use" x1={x(inUse)} x2={x(inUse)} y1={0} y2={HEIGHT} />}
          {ticks(0, 1, 5).map((t) => <text key={t} class="lw-tick" x={x(t)} y={HEIGHT + 15} text-anchor="middle">{fixed(t, 1)}</text>)}
        </svg>
        <Slider name="Threshold" value={threshold} stops={stops} left={x(threshold)} height={HEIGHT} class="lw-handle-threshold"
          text={`${edge(threshold)}${threshold === inUse ? ", in use" : ""}`} set={(v) => py.setThreshold(v)} />
      </div>
    </Chart>
  );
}
