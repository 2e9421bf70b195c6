/** The entry of the HTML page: the same panel over a stand-in model, with no kernel behind it. */
import { type Embedded, rowsFrom } from "./embedded.ts";
import { mount } from "./mount.tsx";
import type { Errors, Report, RowsAsked, Slices } from "./types.ts";
import { type Model, words } from "./wire.ts";

const text = (id: string): string => document.getElementById(id)?.textContent?.trim() ?? "";
const json = (id: string): unknown => JSON.parse(text(id) || "null");

function bytes(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64.replace(/\s+/g, "")), (c) => c.charCodeAt(0));
}

/** Why a request cannot be met on a page. */
const NEEDS: Record<string, string> = {
  rows: "the rows stay with the data", export: "the rows stay with the data",
  distribution: "the values stay with the data", cube: "the sums of a subgroup are made from the data",
  run: "a climb needs the model and the data", replay: "a replay runs the model",
};

/** The methods of anywidget's model over plain values; every request is answered, with why it cannot be met. */
export function standIn(values: Record<string, unknown>, rows: ((asked: RowsAsked) => unknown) | null = null): Model {
  const state = new Map(Object.entries(values));
  // biome-ignore lint/suspicious/noExplicitAny: the arguments depend on the event
  const listeners = new Map<string, Set<(...args: any[]) => void>>();
  const fire = (event: string, content?: unknown): void => {
    for (const listener of [...(listeners.get(event) ?? [])]) listener(content);
  };
  return {
    live: false,
    get: (name) => state.get(name),
    set(name, value) {
      if (state.get(name) === value) return;
      state.set(name, value);
      fire(`change:${name}`);
    },
    save_changes() {},
    on(event, listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    off(event, listener) {
      listeners.get(event)?.delete(listener);
    },
    send(content) {
      const { id, kind, ...asked } = content as { id: string; kind: string };
      const answer = (): unknown => {
        if (kind === "rows" && rows) return { id, ok: rows(asked as unknown as RowsAsked) };
        const message = `This needs a live kernel: ${NEEDS[kind] ?? "nothing answers here"}. Open the panel in a notebook.`;
        return { id, error: { type: "NoKernel", message } };
      };
      queueMicrotask(() => fire("msg:custom", answer()));
    },
  };
}

export function start(root: HTMLElement): () => void {
  const report = json("lw-report") as Report | null;
  const errors = json("lw-errors") as Errors | null;
  const slices = json("lw-slices") as Slices | null;
  const sample = json("lw-rows") as Embedded | null;
  return mount(standIn({
    band: [0, 1], threshold: errors?.threshold ?? null, rung: 0, selected_rows: [], _cell: null, _slice: null,
    status: report?.complete === false ? "cancelled" : "done", _report: report, _errors: errors,
    _cube: bytes(text("lw-cube")), _slices: slices, _slice_cube: bytes(text("lw-slice-cube")), _suspects: json("lw-suspects"), _watch: json("lw-watch"),
    _progress: null, _failure: null, _theme: root.dataset.theme ?? "auto",
  }, sample && errors && ((asked) => rowsFrom(sample, errors, slices, asked))), root);
}

function open(): void {
  const root = document.getElementById("lw-root");
  if (!root) return;
  try {
    start(root);
  } catch (e) {
    root.textContent = `This report could not be opened: ${words(e)}`;
  }
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", open, { once: true });
else open();
