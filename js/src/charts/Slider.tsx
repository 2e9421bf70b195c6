/** A handle on a chart that is a real slider: arrows one stop, Page keys ten, Home and End. */
import { nearest } from "../cube.ts";

interface Props {
  name: string;
  value: number;
  stops: Float64Array;
  /** Index bounds within the stops. */
  min?: number;
  max?: number;
  text: string;
  left: number;
  height: number;
  class?: string;
  set(value: number): void;
}

export function Slider({ name, value, stops, min = 0, max = stops.length - 1, text, left, height, set, class: extra = "" }: Props) {
  const now = nearest(stops, value);
  const key = (e: KeyboardEvent): void => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const to = {
      ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1,
      PageUp: now + 10, PageDown: now - 10, Home: min, End: max,
    }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    e.stopPropagation();
    const next = Math.min(max, Math.max(min, to));
    if (next !== now) set(stops[next] as number);
  };
  return (
    <div class={`lw-handle ${extra}`} role="slider" tabIndex={0} aria-label={name} aria-orientation="horizontal"
      aria-valuemin={stops[min]} aria-valuemax={stops[max]} aria-valuenow={value} aria-valuetext={text}
      data-handle={name} style={{ left: `${left}px`, height: `${height}px` }} onKeyDown={key}>
      <span class="lw-grip" />
    </div>
  );
}
