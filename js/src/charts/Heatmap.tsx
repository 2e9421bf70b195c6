/** A square of small cells with a frame that is moved by pointer and keyboard. Knows heats, not classes. */
import { useMemo } from "preact/hooks";

interface Props {
  name: string;
  /** Id of the element that says what is in the frame. */
  describedBy: string;
  k: number;
  /** 0 to 1, row by row; negative for the wrong ones, whose heat is the size. */
  heat: Float64Array;
  /** First row and column of the frame and its size; null for none. */
  frame: readonly [number, number, number] | null;
  /** Row and column of the chosen cell. */
  chosen: readonly [number, number] | null;
  move(row: number, column: number): void;
}
/** Heats are drawn in this many steps, one path each: ten thousand cells stay ten elements. */
const STEPS = 5;

export function Heatmap({ name, describedBy, k, heat, frame, chosen, move }: Props) {
  const cells = useMemo(() => paths(heat, k), [heat, k]);
  const size = frame?.[2] ?? k;
  const most = k - size;
  const to = (row: number, column: number): void =>
    move(Math.max(0, Math.min(most, row)), Math.max(0, Math.min(most, column)));
  const point = (e: PointerEvent): void => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    const place = (px: number, whole: number): number => Math.floor((px / whole) * k - size / 2 + 0.5);
    to(place(e.clientY - box.top, box.height), place(e.clientX - box.left, box.width));
  };
  const key = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const [r, c] = frame ?? [0, 0];
    const next = ({
      ArrowUp: [r - 1, c], ArrowDown: [r + 1, c], ArrowLeft: [r, c - 1], ArrowRight: [r, c + 1],
      PageUp: [r - size, c], PageDown: [r + size, c], Home: [0, 0], End: [most, most],
    } as Record<string, [number, number]>)[e.key];
    if (!next) return;
    e.preventDefault();
    to(...next);
  };
  return (
    <div class="lw-heatmap" role="application" aria-roledescription="map" tabIndex={0} aria-label={name} aria-describedby={describedBy}
      onKeyDown={key} onPointerDown={point} onPointerMove={(e) => e.buttons === 1 && point(e)}>
      <svg viewBox={`0 0 ${k} ${k}`} aria-hidden="true">
        {cells.map(({ wrong, step, d }) => (
          <path key={`${wrong} ${step}`} class={wrong ? "lw-bar-wrong" : "lw-bar-solid"} opacity={(step + 1) / STEPS} d={d} />
        ))}
        {chosen && <rect class="lw-frame" x={chosen[1]} y={chosen[0]} width={1} height={1} />}
        {frame && <rect class="lw-frame" x={frame[1]} y={frame[0]} width={size} height={size} />}
      </svg>
    </div>
  );
}

interface Step {
  wrong: boolean;
  step: number;
  d: string;
}

function paths(heat: Float64Array, k: number): Step[] {
  const out = new Map<number, Step>();
  heat.forEach((h, i) => {
    if (!h) return;
    const step = Math.min(STEPS - 1, Math.floor(Math.abs(h) * STEPS));
    const id = h < 0 ? -1 - step : step;
    const one = out.get(id) ?? { wrong: h < 0, step, d: "" };
    one.d += `M${i % k} ${Math.floor(i / k)}h1v1h-1z`;
    out.set(id, one);
  });
  return [...out.values()];
}
