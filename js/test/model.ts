/** A model such as anywidget hands to `render`, in forty lines, with what was sent and saved. */
import type { Model } from "../src/wire.ts";
import type { Errors } from "../src/types.ts";

export interface FakeModel extends Model {
  sent: { id: string; kind: string; [key: string]: unknown }[];
  saves: number;
  /** Listeners still attached. */
  listeners(): number;
  /** What the kernel would do: set a trait, or answer. */
  push(values: Record<string, unknown>): void;
  reply(message: Record<string, unknown>, buffers?: unknown[]): void;
  traits: Record<string, unknown>;
}

export function fakeModel(values: Record<string, unknown> = {}): FakeModel {
  const traits: Record<string, unknown> = {
    band: [0, 1], threshold: null, rung: 0, selected_rows: [], _cell: null, _slice: null, _slices: null, _suspects: null, _watch: null, status: "pending", _report: null, _errors: null,
    _cube: new DataView(new ArrayBuffer(0)), _slice_cube: new DataView(new ArrayBuffer(0)), _progress: null, _failure: null, _theme: "light", ...values,
  };
  const on = new Map<string, Set<(...args: unknown[]) => void>>();
  const fire = (event: string, ...args: unknown[]): void => {
    for (const f of [...(on.get(event) ?? [])]) f(...args);
  };
  const model: FakeModel = {
    traits, sent: [], saves: 0,
    get: (name) => traits[name],
    set(name, value) {
      if (traits[name] === value) return;
      traits[name] = value;
      fire(`change:${name}`);
    },
    save_changes: () => { model.saves++; },
    on: (event, f) => { on.set(event, (on.get(event) ?? new Set()).add(f)); },
    off: (event, f) => { on.get(event)?.delete(f); },
    send: (content) => { model.sent.push(content as FakeModel["sent"][number]); },
    listeners: () => [...on.values()].reduce((n, s) => n + s.size, 0),
    push(values) {
      Object.assign(traits, values);
      for (const name of Object.keys(values)) fire(`change:${name}`);
    },
    reply: (message, buffers = []) => fire("msg:custom", message, buffers),
  };
  return model;
}

/** The traits that carry a cube; the bytes as anywidget delivers them, at an odd offset. */
export function cubeTraits({ errors, buffer }: { errors: Errors; buffer: ArrayBuffer }): Record<string, unknown> {
  const framed = new Uint8Array(buffer.byteLength + 3);
  framed.set(new Uint8Array(buffer), 3);
  return { _errors: errors, _cube: new DataView(framed.buffer, 3), threshold: errors.threshold };
}
