/** State that Python shares: one signal per trait, written back through the wire, without echoes. */
import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { keyOf } from "../subgroups.ts";
import type { Band, Cell, Selection, Subgroup } from "../types.ts";
import { type Name, type Shared, type Traits, Wire } from "../wire.ts";
import { createScope, type Scope } from "./scope.ts";

type Signals = { [K in Name]: Signal<Traits[K]> };

export interface Synced extends Readonly<Signals> {
  scope: Scope;
  /** Of all rows, and of the rows looked at. */
  base: Scope["base"];
  cube: Scope["cube"];
  /** Something that came over the wire and could not be read: shown, never swallowed. */
  broken: Signal<Error | null>;
  running: ReadonlySignal<boolean>;
  /** True once somebody (user or Python) chose a rung. */
  picked: Signal<boolean>;
  setBand(band: Band): void;
  setThreshold(threshold: number): void;
  setCell(cell: Cell | null): void;
  setRung(rung: number, byUser?: boolean): void;
  setSelected(positions: number[]): void;
  setSlice(slice: Subgroup | null): void;
  setSelection(selection: Selection): void;
  /** While true, what arrives for band and threshold is older than what the hand is doing. */
  dragging: Signal<boolean>;
  /** Set when the kernel, not a view on this page, changed something; whoever has noticed takes it down. */
  fromKernel: boolean;
  close(): void;
}

const NAMES: Name[] = [
  "band", "threshold", "rung", "selected", "cell", "slice", "status", "report", "errors", "buffer", "subgroups", "subgroupCounts",
  "suspects", "watch", "progress", "failure", "theme",
];
const same = (a: unknown, b: unknown, name: Name): boolean =>
  Object.is(a, b)
  || (name === "slice" && keyOf(a as Subgroup | null) === keyOf(b as Subgroup | null))
  || (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((v, i) => Object.is(v, b[i])));

export function createSynced(wire: Wire): Synced {
  const broken = signal<Error | null>(null);
  const dragging = signal(false);
  const picked = signal(false);

  const read = <K extends Name>(name: K, otherwise: Traits[K]): Traits[K] => {
    try {
      return wire.read(name);
    } catch (e) {
      broken.value = e instanceof Error ? e : new Error(String(e));
      return otherwise;
    }
  };
  const s: Signals = {
    band: signal(read("band", [0, 1])), threshold: signal(read("threshold", null)), rung: signal(read("rung", 0)),
    selected: signal(read("selected", [])), cell: signal(read("cell", null)),
    status: signal(read("status", "pending")), report: signal(read("report", null)),
    errors: signal(read("errors", null)), buffer: signal(read("buffer", null)), slice: signal(read("slice", null)),
    subgroups: signal(read("subgroups", null)), subgroupCounts: signal(read("subgroupCounts", null)),
    suspects: signal(read("suspects", null)), watch: signal(read("watch", null)),
    progress: signal(read("progress", null)), failure: signal(read("failure", null)),
    theme: signal(read("theme", "auto")),
  };
  const update = <K extends Name>(name: K): void => {
    const target = s[name] as Signal<Traits[K]>;
    if (dragging.peek() && (name === "band" || name === "threshold")) return;
    const value = read(name, target.peek());
    if (same(value, target.peek(), name)) return;
    if (name === "rung") picked.value = true;
    if (!Wire.writing) state.fromKernel = true;
    target.value = value;
  };
  for (const name of NAMES) wire.watch(name, () => update(name));

  const write = <K extends Shared>(name: K, value: Traits[K]): void => {
    const target = s[name] as Signal<Traits[K]>;
    if (same(value, target.peek(), name)) return;
    target.value = value;
    wire.write(name, value, dragging.peek());
  };
  const landed = effect(() => {
    if (!dragging.value) wire.flush();
  });

  const scope = createScope(wire, s);
  const state: Synced = {
    ...s, broken, dragging, picked, scope, base: scope.base, cube: scope.cube, fromKernel: false,
    running: computed(() => s.status.value === "running"),
    setBand: (band) => write("band", band),
    setThreshold: (threshold) => write("threshold", threshold),
    setCell: (cell) => write("cell", cell),
    setRung: (rung, byUser = true) => batch(() => {
      if (byUser) picked.value = true;
      write("rung", rung);
    }),
    setSelected: (positions) => write("selected", positions),
    setSlice: (slice) => write("slice", slice),
    setSelection: ({ band, threshold, cell, slice }) => batch(() => wire.together(() => {
      write("band", band);
      if (threshold !== null) write("threshold", threshold);
      write("cell", cell);
      write("slice", slice);
    })),
    close() {
      landed();
      scope.close();
    },
  };
  return state;
}
