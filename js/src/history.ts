/** Undo and redo of what is selected: one drag, one run of key presses or one message of the kernel is one step. */
import { effect, type ReadonlySignal, signal } from "@preact/signals";
import type { Synced } from "./state/synced.ts";
import { keyOf } from "./subgroups.ts";
import type { Selection } from "./types.ts";

export interface Step {
  from: Selection;
  to: Selection;
}
export interface History {
  /** What undo would take back, and redo do again; null for nothing. */
  undoable: ReadonlySignal<Step | null>;
  redoable: ReadonlySignal<Step | null>;
  undo(): Step | null;
  redo(): Step | null;
  close(): void;
}
type Field = keyof Selection;

const MOST = 100;
/** Nudges of one slider that follow each other this fast belong together. */
const TOGETHER_MS = 1000;

const SAME: { [F in Field]: (a: Selection, b: Selection) => boolean } = {
  band: (a, b) => a.band[0] === b.band[0] && a.band[1] === b.band[1],
  threshold: (a, b) => a.threshold === b.threshold,
  cell: (a, b) => a.cell?.[0] === b.cell?.[0] && a.cell?.[1] === b.cell?.[1],
  slice: (a, b) => keyOf(a.slice) === keyOf(b.slice),
};
/** The parts in which two selections differ. */
export const changed = (a: Selection, b: Selection): Field[] =>
  (Object.keys(SAME) as Field[]).filter((f) => !SAME[f](a, b));

export function createHistory(py: Synced, selection: ReadonlySignal<Selection>): History {
  const past = signal<readonly Selection[]>([]);
  const future = signal<readonly Selection[]>([]);
  const undoable = signal<Step | null>(null);
  const redoable = signal<Step | null>(null);
  let base = py.base.peek();
  let now = selection.peek();
  let nudged: Field | null = null;
  let at = 0;
  let dragged = false;
  let due = false;
  let closed = false;

  const tell = (): void => {
    const [before, after] = [past.peek().at(-1), future.peek().at(-1)];
    undoable.value = before ? { from: before, to: now } : null;
    redoable.value = after ? { from: now, to: after } : null;
  };
  /** Another climb: its rows are others. */
  const restart = (next: Selection): void => {
    base = py.base.peek();
    now = next;
    past.value = future.value = [];
    nudged = null;
    tell();
  };
  const add = (next: Selection, nudge: Field | null): void => {
    const goesOn = nudge !== null && nudge === nudged && performance.now() - at < TOGETHER_MS;
    const steps = goesOn ? past.peek() : [...past.peek(), now].slice(-MOST);
    // Nudged there and back again: nothing happened.
    past.value = goesOn && changed(steps.at(-1) ?? next, next).length === 0 ? steps.slice(0, -1) : steps;
    future.value = [];
    now = next;
    nudged = nudge;
    at = performance.now();
    tell();
  };
  const record = (): void => {
    due = false;
    if (closed || py.dragging.peek()) return;
    const next = selection.peek();
    if (base !== py.base.peek()) {
      restart(next);
      return;
    }
    const alone = dragged || py.fromKernel;
    dragged = py.fromKernel = false;
    const [field, ...others] = changed(now, next);
    if (!field) return;
    add(next, !alone && !others.length && (field === "band" || field === "threshold") ? field : null);
  };
  const stop = effect(() => {
    selection.value;
    py.base.value;
    if (py.dragging.value) dragged = true;
    // What arrives in one message arrives trait by trait: after it, it is one step.
    if (!due) queueMicrotask(record);
    due = true;
  });
  const move = (from: typeof past, to: typeof past): Step | null => {
    const next = from.peek().at(-1);
    if (!next || py.dragging.peek()) return null;
    const step = { from: now, to: next };
    from.value = from.peek().slice(0, -1);
    to.value = [...to.peek(), now];
    now = next;
    nudged = null;
    tell();
    py.setSelection(next);
    return step;
  };
  return {
    undoable, redoable,
    undo: () => move(past, future),
    redo: () => move(future, past),
    close() {
      closed = true;
      stop();
    },
  };
}
