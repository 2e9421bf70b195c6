import { Bars } from "../charts/Bars.tsx";
import { Chart } from "../charts/Chart.tsx";
import { useDrag } from "../charts/drag.ts";
import { decimals, linear, ticks, useWidth } from "../charts/scale.ts";
import { Slider } from "../charts/Slider.tsx";
import { nearest } from "../cube.ts";
import { edge, fixed, integer } from "../format.ts";
import { usePanel } from "../state/view.ts";

const HEIGHT = 112;

/** Confidence of the predicted label, errors on right answers, with the band. */
export function Confidence() {
  const { py, explore } = usePanel();
  const [ref, width] = useWidth(640);
  const stops = explore.stops.value.band;
  const low = explore.lowest.value;
  const bars = explore.bars.value;
  const [from, to] = py.band.value;
  const x = linear(low, 1, 8, width - 8);
  const back = linear(8, width - 8, low, 1);
  const snap = (v: number): number => nearest(stops, v <= low ? 0 : v);
  const last = stops.length - 1;
  const a = snap(from);
  const b = Math.max(a + 1, snap(to));
  const set = (i: number, j: number): void => py.setBand([stops[i] as number, stops[j] as number]);
  const left = x(Math.max(from, low));
  const right = x(to);

  const down = useDrag({
    start(px, handle) {
      py.dragging.value = true;
      if (handle === "Confidence from") return (p) => set(Math.min(b - 1, snap(back(p))), b);
      if (handle === "Confidence to") return (p) => set(a, Math.max(a + 1, snap(back(p))));
      if (explore.banded.peek() && px >= left && px <= right) {
        const [v0, v1] = [Math.max(from, low), to];
        return (p) => {
          const by = Math.min(1 - v1, Math.max(low - v0, back(p) - back(px)));
          const i = Math.min(last - 1, snap(v0 + by));
          set(i, Math.max(i + 1, snap(v1 + by)));
        };
      }
      return (p) => {
        const [i, j] = [snap(back(Math.min(px, p))), snap(back(Math.max(px, p)))];
        if (Math.abs(p - px) > 3) set(Math.min(i, last - 1), Math.max(j, i + 1));
      };
    },
    end() {
      py.dragging.value = false;
    },
  });

  const at = ticks(low, 1, Math.max(3, Math.min(8, width / 80)));
  const wrong = bars.reduce((n, v) => n + v.wrong, 0);
  const all = bars.reduce((n, v) => n + v.wrong + v.right, 0);
  const said = `${integer(all)} rows from ${fixed(low, 2)} to 1, ${integer(wrong)} of them wrong.`;
  const table = () => ({
    columns: ["confidence", "right", "wrong"],
    rows: bars.map((v) => [`${fixed(v.from, 3)} to ${fixed(v.to, 3)}`, integer(v.right), integer(v.wrong)]),
  });
  return (
    <Chart keep name="Confidence of the predicted label" table={table}
      title={<>Confidence of the predicted label: <span class="lw-key-wrong">errors</span> on <span class="lw-key-right">correct</span></>}>
      <div ref={ref} class="lw-plot lw-brush" onPointerDown={down}>
        <svg class="lw-svg" width={width} height={HEIGHT + 20} role="img" aria-label={`Histogram of confidence. ${said}`}>
          <title>Histogram of confidence</title>
          <desc>{said}</desc>
          <Bars bars={bars} x={x} base={HEIGHT} rise={HEIGHT - 6} />
          <line class="lw-axis" x1={8} x2={width - 8} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} />
          {explore.banded.value && (
            <>
              <rect class="lw-outside" x={8} width={Math.max(0, left - 8)} y={0} height={HEIGHT} />
              <rect class="lw-outside" x={right} width={Math.max(0, width - 8 - right)} y={0} height={HEIGHT} />
              <rect class="lw-band" x={left} width={Math.max(0, right - left)} y={0} height={HEIGHT} />
            </>
          )}
          {at.map((t) => <text key={t} class="lw-tick" x={x(t)} y={HEIGHT + 15} text-anchor="middle">{fixed(t, decimals(at))}</text>)}
        </svg>
        <Slider name="Confidence from" value={Math.max(from, low)} stops={stops} max={b - 1} left={left} height={HEIGHT}
          text={a === 0 ? `${edge(low)}, no lower limit` : edge(from)} set={(v) => set(snap(v), b)} />
        <Slider name="Confidence to" value={to} stops={stops} min={a + 1} left={right} height={HEIGHT}
          text={b === last ? "1.00, no upper limit" : edge(to)} set={(v) => set(a, snap(v))} />
      </div>
    </Chart>
  );
}

