/** Linear scales, round ticks, and the measured width of an element. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export type Scale = (v: number) => number;

export function linear(d0: number, d1: number, r0: number, r1: number): Scale {
  const k = d1 === d0 ? 0 : (r1 - r0) / (d1 - d0);
  return (v) => r0 + (v - d0) * k;
}

/** About `count` round values inside [from, to]. */
export function ticks(from: number, to: number, count = 5): number[] {
  const raw = (to - from) / Math.max(1, count);
  if (!(raw > 0)) return [from];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw * 0.999) ?? 10);
  const out: number[] = [];
  for (let i = Math.ceil(from / step - 1e-9); i * step <= to + step * 1e-9; i++) out.push(Number((i * step).toPrecision(12)));
  return out;
}

/** Decimals that tell these ticks apart. */
export const decimals = (at: number[]): number =>
  Math.max(0, ...at.map((t) => (String(t).split(".")[1] ?? "").length));

/** Width in px, followed live. A hidden tab measures 0: then the last real width stands. */
export function useWidth(first: number): [(el: HTMLElement | null) => void, number] {
  const [width, setWidth] = useState(first);
  const element = useRef<HTMLElement | null>(null);
  useLayoutEffect(() => {
    const el = element.current;
    if (!el) return;
    const measure = (): void => {
      const w = Math.round(el.clientWidth);
      if (w > 0) setWidth(w);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    return () => observer.disconnect();
  }, []);
  const ref = useRef((el: HTMLElement | null) => { element.current = el; });
  return [ref.current, width];
}
