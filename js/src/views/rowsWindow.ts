/** Which rows and columns of a long and wide table are drawn: follows the scrollbar and the keyboard, keeps the focus. */
import { type Signal, useSignal } from "@preact/signals";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { columnsIn, type Extent, pxAt, reveal, ROW, scrolled } from "../scroll.ts";

/** Rows in view at most. */
const MOST = 14;
/** Rows drawn beyond them, so that a quick turn of the wheel shows no gap. */
const SPARE = 4;

export interface Window {
  box: RefObject<HTMLDivElement | null>;
  extent: Extent;
  /** The row at the top; not a whole number. */
  top: number;
  /** Rows drawn, and columns drawn after the first, which stands still. */
  rows: readonly [number, number];
  columns: readonly [number, number];
  /** Where the table stands in the box, in px. */
  offset: number;
  /** The row that Tab reaches. */
  stop: number;
  seen: number;
  active: Signal<number>;
  onScroll(): void;
  onKeyDown(e: KeyboardEvent): void;
}

/** `stale` turns false when other rows have arrived: they begin at their top. */
export function useRowsWindow(total: number, widths: readonly number[], stale: boolean): Window {
  const box = useRef<HTMLDivElement>(null);
  const top = useSignal(0);
  const side = useSignal<readonly [number, number]>([0, 900]);
  const active = useSignal(0);
  const bar = useRef(0);
  const focus = useRef(-1);
  const extent: Extent = { total, room: Math.min(MOST, total) * ROW };
  const seen = Math.min(MOST, total);
  const from = Math.max(0, Math.floor(top.value) - SPARE);
  const to = Math.min(total, Math.ceil(top.value) + seen + SPARE);
  const [x, room] = side.value;
  const columns = columnsIn(widths.slice(1), x, x + room - (widths[0] ?? 0));

  const put = (row: number): void => {
    top.value = row;
    if (!box.current) return;
    box.current.scrollTop = pxAt(row, extent);
    bar.current = box.current.scrollTop;
  };
  useLayoutEffect(() => {
    if (stale) return;
    active.value = 0;
    put(0);
  }, [stale]);
  useLayoutEffect(() => {
    const el = box.current;
    if (!el) return;
    const measure = (): void => { if (el.clientWidth) side.value = [el.scrollLeft, el.clientWidth]; };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(el);
    return () => observer.disconnect();
  }, []);
  const inside = (): boolean => {
    const el = box.current;
    return Boolean(el?.contains((el.getRootNode() as Document | ShadowRoot).activeElement));
  };
  const had = inside();
  useLayoutEffect(() => {
    const row = focus.current;
    focus.current = -1;
    if (row >= 0) box.current?.querySelector<HTMLElement>(`[data-row="${row}"]`)?.focus({ preventScroll: true });
    // A row that scrolls away takes the focus with it: the box keeps it, and arrows go on from there.
    if (had && !inside()) box.current?.focus({ preventScroll: true });
  });

  return {
    box, extent, top: top.value, rows: [from, to], columns, active, seen,
    offset: pxAt(top.value, extent) - (top.value - from) * ROW,
    stop: active.value >= from && active.value < to ? active.value : Math.min(total - 1, Math.ceil(top.value)),
    onScroll() {
      const el = box.current;
      if (!el) return;
      if (el.scrollTop !== bar.current) {
        top.value = scrolled(top.peek(), bar.current, el.scrollTop, extent);
        bar.current = el.scrollTop;
      }
      if (el.scrollLeft !== side.peek()[0]) side.value = [el.scrollLeft, side.peek()[1]];
    },
    onKeyDown(e) {
      if (e.ctrlKey || e.metaKey || e.altKey || (e.target as Element).closest("thead")) return;
      const visible = active.peek() >= Math.floor(top.peek()) && active.peek() < top.peek() + seen;
      const here = visible ? active.peek() : Math.ceil(top.peek());
      const next = {
        ArrowDown: here + 1, ArrowUp: here - 1, PageDown: here + seen - 1, PageUp: here - seen + 1, Home: 0, End: total - 1,
      }[e.key];
      if (next === undefined) return;
      e.preventDefault();
      const row = Math.min(total - 1, Math.max(0, next));
      focus.current = row;
      const first = reveal(row, top.peek(), extent);
      if (first !== top.peek()) put(first);
      if (active.peek() === row) box.current?.querySelector<HTMLElement>(`[data-row="${row}"]`)?.focus({ preventScroll: true });
      active.value = row;
    },
  };
}
