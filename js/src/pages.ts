/** Pages of rows, asked for as they come into view: a few are kept, replies to older questions are dropped. No DOM. */
import { batch, type ReadonlySignal, signal } from "@preact/signals";
import type { Column, RowsGiven, Value } from "./types.ts";
import { Superseded, words } from "./wire.ts";

/** Rows of one request; the kernel gives no more. */
export const PAGE = 200;
/** Pages kept: scrolling back asks nothing. */
const KEPT = 12;
/** Changes that follow each other this fast (a key held down, a scrollbar dragged) are asked for once they rest. */
const REST_MS = 150;

export interface Row {
  position: number;
  values: Value[];
}
/** What is known of the rows; a new object whenever that changes. */
export interface Known {
  columns: Column[];
  total: number;
  /** That the rows are a sample that travelled with the page, or nothing. */
  note: string;
  row(index: number): Row | null;
}
export interface Pages {
  /** Null before the first answer. While `stale`, of the question before. */
  known: ReadonlySignal<Known | null>;
  stale: ReadonlySignal<boolean>;
  busy: ReadonlySignal<boolean>;
  failed: ReadonlySignal<string>;
  /** Another question: what is on its way no longer counts. */
  ask(question: Question): void;
  /** Rows from one index to another (exclusive) are, or are about to be, in view. */
  need(from: number, to: number): void;
  retry(): void;
  close(): void;
}
export type Question = (offset: number, limit: number) => Promise<RowsGiven>;

export function createPages(): Pages {
  const known = signal<Known | null>(null);
  const stale = signal(false);
  const busy = signal(false);
  const failed = signal("");
  let kept = new Map<number, RowsGiven>();
  let question: Question | null = null;
  let generation = 0;
  let asking = -1;
  let wanted: [number, number] = [0, 1];
  let last = Number.NEGATIVE_INFINITY;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const row = (from: ReadonlyMap<number, RowsGiven>) => (index: number): Row | null => {
    const page = from.get(Math.floor(index / PAGE));
    const values = page?.rows[index % PAGE];
    return page && values ? { values, position: page.positions[index % PAGE] ?? -1 } : null;
  };
  const missing = (): number => {
    const total = stale.peek() ? 1 : (known.peek()?.total ?? 1);
    const [from, to] = wanted;
    const end = Math.max(1, Math.min(to, total));
    for (let page = Math.floor(Math.min(from, end - 1) / PAGE); page * PAGE < end; page++) {
      if (stale.peek() || !kept.has(page)) return page;
    }
    return -1;
  };
  const arrived = (page: number, given: RowsGiven): void => batch(() => {
    if (stale.peek()) kept = new Map();
    kept.delete(page);
    kept = new Map([...kept, [page, given] as const].slice(-KEPT));
    stale.value = false;
    failed.value = "";
    known.value = { columns: given.columns, total: given.total, note: given.note ?? "", row: row(kept) };
    settle();
  });
  const settle = (): void => {
    asking = -1;
    busy.value = false;
    if (missing() >= 0) send();
  };
  const send = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const page = missing();
    if (!question || page < 0 || page === asking) return;
    const of = generation;
    asking = page;
    busy.value = true;
    last = performance.now();
    question(page * PAGE, PAGE).then((given) => {
      if (of === generation && page === asking) arrived(page, given);
    }, (e: unknown) => {
      if (of !== generation || page !== asking || e instanceof Superseded) return;
      batch(() => {
        asking = -1;
        busy.value = stale.value = false;
        kept = new Map();
        known.value = null;
        failed.value = words(e);
      });
    });
  };
  /** At once, unless something was asked a moment ago. */
  const soon = (): void => {
    if (missing() < 0 || missing() === asking) return;
    const wait = last + REST_MS - performance.now();
    clearTimeout(timer);
    if (wait <= 0) send();
    else timer = setTimeout(send, REST_MS);
  };

  return {
    known, stale, busy, failed,
    ask(next) {
      generation++;
      question = next;
      asking = -1;
      wanted = [0, 1];
      batch(() => {
        busy.value = stale.value = true;
        failed.value = "";
      });
      soon();
    },
    need(from, to) {
      wanted = [from, to];
      if (!failed.peek() && !stale.peek()) soon();
    },
    retry() {
      failed.value = "";
      stale.value = true;
      send();
    },
    close() {
      generation++;
      clearTimeout(timer);
    },
  };
}
