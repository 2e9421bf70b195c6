/** A histogram of right and wrong rows. Heights are densities, so that bars of unequal width stay honest. */
import type { Bar } from "../cube.ts";
import type { Scale } from "./scale.ts";

interface Props {
  bars: Bar[];
  x: Scale;
  /** Where the bars stand, and how high they may grow (negative: downwards). */
  base: number;
  rise: number;
  /** Wrong next to the base (true) or on top of right. */
  flip?: boolean;
}

export function Bars({ bars, x, base, rise }: Props) {
  const density = (b: Bar): number => (b.right + b.wrong) / (b.to - b.from);
  const top = Math.max(...bars.map(density), Number.MIN_VALUE);
  const k = rise / top;
  const rect = (name: string, b: Bar, from: number, to: number) => {
    if (from === to) return null;
    const left = x(b.from);
    const w = x(b.to) - left;
    const gap = w > 4 ? 1 : 0;
    const a = base - (from / (b.to - b.from)) * k;
    const z = base - (to / (b.to - b.from)) * k;
    // A few rows must not vanish: at least one pixel.
    const high = Math.max(1, Math.abs(z - a));
    return <rect class={name} x={left + gap / 2} width={Math.max(0.5, w - gap)} y={rise > 0 ? a - high : a} height={high} />;
  };
  return (
    <>
      {bars.map((b) => (
        <g key={b.from}>
          {rect("lw-bar-right", b, 0, b.right)}
          {rect("lw-bar-wrong", b, b.right, b.right + b.wrong)}
        </g>
      ))}
    </>
  );
}
