/** Places of a timeline: what stands where. No DOM, and no figure that Python did not send. */
import { linear, type Scale } from "./charts/scale.ts";
import type { Watch, WatchWindow } from "./types.ts";

/** Width of a window in px: narrower ones could not be hit, and a few need not fill the room. */
const NARROWEST = 11;
const WIDEST = 160;
/** A PSI this many limits high is cut there, so that one wild window leaves the others readable. */
const CUT = 4;
/** Room of one date, and of one line of figures, in px. */
const DATE = 70;
const LINE = 12;

export const stepOf = (room: number, windows: number): number =>
  Math.min(WIDEST, Math.max(NARROWEST, room / Math.max(1, windows)));

/** Dates that fit under windows of this width; the year stands where it changes. */
export function datesOf(windows: readonly WatchWindow[], step: number): { at: number; text: string }[] {
  const every = Math.max(1, Math.ceil(DATE / step));
  let year = "";
  return windows.flatMap((w, i) => {
    if (i % every) return [];
    const text = w.year === year ? w.tick : `${w.tick} ${w.year}`;
    year = w.year;
    return [{ at: i, text }];
  });
}

const known = (v: number | null): v is number => v !== null;

/** The largest PSI that has a height of its own, and whether there are larger ones. */
export function psiTop({ windows, limits }: Watch): { most: number; cut: boolean } {
  const most = Math.max(1.3 * limits.psi, ...windows.flatMap((w) => [w.psi, w.psiScore]).filter(known));
  return { most: Math.min(most, CUT * limits.psi), cut: most > CUT * limits.psi };
}

/** Height of a PSI; beyond the top it stays at the top. */
export function psiScale(watch: Watch, bottom: number, top: number): Scale {
  const y = linear(0, psiTop(watch).most, bottom, top);
  return (v) => Math.max(top, y(v));
}

/** Height of an AUC: the baseline and what it may lose are always in view, a wild interval is cut. */
export function aucScale({ windows, limits: { aucBaseline, aucDrop } }: Watch, bottom: number, top: number): Scale {
  const marks = aucBaseline === null ? [] : [aucBaseline + aucDrop / 2, aucBaseline - 1.5 * aucDrop];
  const all = [...windows.map((w) => w.auc).filter(known), ...marks];
  const y = linear(Math.min(...all) - 0.01, Math.max(...all) + 0.01, bottom, top);
  return (v) => Math.min(bottom, Math.max(top, y(v)));
}

/** A line through what is known, broken where a window is missing or has no figure. */
export function lineOf(windows: readonly WatchWindow[], get: (w: WatchWindow) => number | null, x: Scale, y: Scale): string {
  let out = "";
  let joined = false;
  windows.forEach((w, i) => {
    const v = get(w);
    if (known(v)) out += `${joined && windows[i - 1]?.end === w.start ? "L" : "M"}${x(i).toFixed(1)} ${y(v).toFixed(1)}`;
    joined = known(v);
  });
  return out;
}

/** The window shown: the one chosen, as long as it is there, else the one to open on. */
export function shownWindow(watch: Watch, start: number | null): number {
  const at = watch.windows.findIndex((w) => w.start === start);
  return at < 0 ? watch.chosen : at;
}

/** Place of a delay from 0 to 1: minutes matter as much as months, so it goes by the logarithm. */
export function delayScale(delays: readonly number[]): Scale {
  const minutes = (ms: number): number => Math.log1p(ms / 60_000);
  const [first = 0, last = 1] = [delays[0], delays.at(-1)];
  return (ms) => linear(minutes(first), minutes(last), 0, 1)(minutes(ms));
}

/** Numbers on an axis that do not run into one before them. */
export function legible<T extends { y: number }>(marks: readonly T[]): T[] {
  const kept: T[] = [];
  for (const m of marks) if (kept.every((k) => Math.abs(k.y - m.y) > LINE)) kept.push(m);
  return kept;
}
