/** A scroll position as rows. Browsers cut elements at some tens of millions of px: beyond, the bar is a scale. Pure. */

export const ROW = 29;
/** Below the height at which every browser still tells px apart. */
const TALLEST = 8_000_000;

export interface Extent {
  total: number;
  /** Height of the part that shows rows, in px. */
  room: number;
}
/** What fills the scroll container, in px, and how far it can be scrolled. */
export const heightOf = ({ total }: Extent): number => Math.min(total * ROW, TALLEST);
const range = (extent: Extent): number => Math.max(0, heightOf(extent) - extent.room);
/** The last row that can stand at the top (not a whole number). */
export const lastTop = ({ total, room }: Extent): number => Math.max(0, total - room / ROW);
const exact = ({ total }: Extent): boolean => total * ROW <= TALLEST;

/** The row at the top where the bar stands at `px`. */
export function topAt(px: number, extent: Extent): number {
  if (exact(extent)) return Math.min(lastTop(extent), Math.max(0, px / ROW));
  const most = range(extent);
  return most ? Math.min(1, Math.max(0, px / most)) * lastTop(extent) : 0;
}

/** Where the bar stands when a row is at the top. */
export function pxAt(top: number, extent: Extent): number {
  if (exact(extent)) return top * ROW;
  const last = lastTop(extent);
  return last ? (top / last) * range(extent) : 0;
}

/** The row at the top after the bar moved: as far as a wheel turns, px by px; beyond a screenful, to where the bar stands. */
export function scrolled(top: number, from: number, to: number, extent: Extent): number {
  if (exact(extent) || Math.abs(to - from) > extent.room || to <= 0 || to >= range(extent)) return topAt(to, extent);
  return Math.min(lastTop(extent), Math.max(0, top + (to - from) / ROW));
}

/** The row to have at the top so that one row is in view, moved no further than needed. */
export function reveal(row: number, top: number, extent: Extent): number {
  const rows = extent.room / ROW;
  if (row < top) return row;
  return row + 1 > top + rows ? Math.min(lastTop(extent), row + 1 - rows) : top;
}

/** Columns between two px of a row of widths: first and last (exclusive). */
export function columnsIn(widths: readonly number[], from: number, to: number): [number, number] {
  let x = 0;
  let first = 0;
  let last = 0;
  widths.forEach((w, i) => {
    if (x + w <= from) first = i + 1;
    if (x < to) last = i + 1;
    x += w;
  });
  return [Math.min(first, last), last];
}
