/** A histogram of right and wrong rows. Heights are densities, so that bars of unequal width stay honest. */
import type { Bar } from "../cube.ts";
import type { Scale } from "./scale.ts";

interface Props {
  bars: Bar[];
  x: Scale;
  /** Where the bars stand, and how high they may grow (negative: downwards). */
  base: number;
  rise: number;
}

/** One path for the right and one for the wrong rows: a drag writes two attributes, not a hundred elements. */
export function Bars({ bars, x, base, rise }: Props) {
  let top = Number.MIN_VALUE;
  for (const b of bars) top = Math.max(top, (b.right + b.wrong) / (b.to - b.from));
  let right = "";
  let wrong = "";
  for (const b of bars) {
    const left = x(b.from);
    const w = x(b.to) - left;
    const gap = w > 4 ? 1 : 0;
    const k = rise / top / (b.to - b.from);
    const bar = (from: number, to: number): string => {
      if (from === to) return "";
      // A few rows must not vanish: at least one pixel.
      const high = Math.max(1, Math.abs((to - from) * k));
      const y = rise > 0 ? base - from * k - high : base - from * k;
      const [x0, wide] = [left + gap / 2, Math.max(0.5, w - gap)];
      return `M${x0.toFixed(2)} ${y.toFixed(2)}h${wide.toFixed(2)}v${high.toFixed(2)}h-${wide.toFixed(2)}z`;
    };
    right += bar(0, b.right);
    wrong += bar(b.right, b.right + b.wrong);
  }
  return <><path class="lw-bar-right" d={right} /><path class="lw-bar-wrong" d={wrong} /></>;
}
