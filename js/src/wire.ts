/** The only file that knows traits, messages and the layout of the buffer (ladder_widgets/panel/README.md). */
import type {
  Band, Cell, Condition, CubeAsked, CubeGiven, DistributionAsked, DistributionGiven, Errors, ExportAsked, ExportGiven, Failure, Fix,
  Layout, Progress, ReplayAsked, Replayed, Report, RowsAsked, RowsGiven, Rung, RunStatus, Subgroup, Slices, Suspects, Theme, Watch,
} from "./types.ts";

/** What anywidget hands to `render`; the HTML page has a stand-in with the same methods and `live: false`. */
export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  // biome-ignore lint/suspicious/noExplicitAny: the arguments depend on the event
  on(event: string, listener: (...args: any[]) => void): void;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  off(event: string, listener: (...args: any[]) => void): void;
  send(content: unknown): void;
  live?: boolean;
}

export interface Traits {
  band: Band;
  threshold: number | null;
  rung: number;
  selected: number[];
  cell: Cell | null;
  status: RunStatus;
  report: Report | null;
  errors: Errors | null;
  buffer: ArrayBuffer | null;
  slice: Subgroup | null;
  subgroups: Slices | null;
  subgroupCounts: ArrayBuffer | null;
  suspects: Suspects | null;
  watch: Watch | null;
  progress: Progress | null;
  failure: Failure | null;
  theme: Theme;
}
export type Name = keyof Traits;
/** Traits that the view may set. */
export type Shared = "band" | "threshold" | "rung" | "selected" | "cell" | "slice";

const number = (v: unknown): v is number => typeof v === "number" && Number.isFinite(v);
const object = <T>(v: unknown): T | null => (v !== null && typeof v === "object" ? (v as T) : null);
const pair = (v: unknown): v is [number, number] => Array.isArray(v) && v.length === 2 && v.every(number);

/** Each trait: its name on the model, and how what arrives becomes a typed value. */
const TRAITS: { [K in Name]: readonly [string, (v: unknown) => Traits[K]] } = {
  band: ["band", (v) => (pair(v) && v[0] < v[1] ? v : [0, 1])],
  threshold: ["threshold", (v) => (number(v) ? v : null)],
  rung: ["rung", (v) => (number(v) ? Math.min(6, Math.max(0, Math.round(v))) : 0)],
  selected: ["selected_rows", (v) => (Array.isArray(v) ? v.filter(number) : [])],
  cell: ["_cell", (v) => (pair(v) ? v : null)],
  status: ["status", (v) => (typeof v === "string" ? (v as RunStatus) : "pending")],
  report: ["_report", decodeReport],
  errors: ["_errors", (v) => object<Errors>(v)],
  buffer: ["_cube", decodeBuffer],
  slice: ["_slice", decodeSlice],
  subgroups: ["_slices", (v) => object<Slices>(v)],
  subgroupCounts: ["_slice_cube", decodeBuffer],
  suspects: ["_suspects", (v) => object<Suspects>(v)],
  watch: ["_watch", (v) => object<Watch>(v)],
  progress: ["_progress", (v) => object<Progress>(v)],
  failure: ["_failure", (v) => object<Failure>(v)],
  theme: ["_theme", (v) => (v === "light" || v === "dark" ? v : "auto")],
};

export const RUNG_NAMES = ["Data", "Baseline", "Linear", "Non-linear", "Model", "Evaluation", "Production"];

export function emptyRung(number: number): Rung {
  return {
    number, name: RUNG_NAMES[number] ?? `Rung ${number}`, question: "", status: "pending", provisional: false,
    headline: "", summary: "", score: null, gaps: [], notes: [], seconds: null,
  };
}

function decodeReport(v: unknown): Report | null {
  const report = object<Report>(v);
  if (!report) return null;
  if (report.schema !== "ladder-widgets/report" || report.schema_version !== 1) {
    throw new Error(`This panel reads version 1 of ladder-widgets/report, not version ${report.schema_version} of `
      + `${report.schema}: install the same version of ladder_widgets in the kernel and in the page.`);
  }
  const rungs = RUNG_NAMES.map((_, i) => report.rungs?.find((r) => r.number === i) ?? emptyRung(i));
  return { ...report, rungs, findings: report.findings ?? [], tryable: report.tryable ?? [], narrative: report.narrative ?? [] };
}

/** Null for no condition at all: that is every row. */
function decodeSlice(v: unknown): Subgroup | null {
  return Array.isArray(v) && v.length ? v.filter((c): c is Condition => object<Condition>(c)?.feature !== undefined) : null;
}

/** The bytes as an ArrayBuffer that starts at 0, so that offsets stay aligned whatever the message's framing. */
function decodeBuffer(v: unknown): ArrayBuffer | null {
  if (v instanceof ArrayBuffer) return v.byteLength ? v : null;
  if (!ArrayBuffer.isView(v) || v.byteLength === 0) return null;
  return new Uint8Array(v.buffer as ArrayBuffer, v.byteOffset, v.byteLength).slice().buffer;
}

const TYPES = { u2: Uint16Array, u4: Uint32Array, f4: Float32Array, f8: Float64Array };
export type Numbers = Uint16Array | Uint32Array | Float32Array | Float64Array;
export interface RawCube {
  errors: Errors;
  arrays: Record<"edges" | "atoms" | "count" | "count2" | "score" | "n" | "n2" | "sum" | "sq" | "levels" | "infinite" | "claimed", Numbers>;
}

/** A view of the buffer; empty where the layout names no such array, null where the buffer is too short. */
function take(layout: Layout, buffer: ArrayBuffer, name: string): Numbers | null {
  const a = layout[name];
  if (!a) return new Float64Array(0);
  const length = a.shape.reduce((x, y) => x * y, 1);
  const Type = TYPES[a.dtype];
  if (a.offset + length * Type.BYTES_PER_ELEMENT > buffer.byteLength) return null;
  return length ? new Type(buffer, a.offset, length) : new Type(0);
}

/** Views of the buffer; null while it and its description are not (yet) of one piece. */
export function decodeCube(errors: Errors | null, buffer: ArrayBuffer | null): RawCube | null {
  if (!errors || !buffer) return null;
  // Sums of squared weights and the like are not always there: `take` gives an empty array.
  const names = ["edges", "atoms", "count", "count2", "score", "n", "n2", "sum", "sq", "levels", "infinite", "claimed"] as const;
  const arrays = {} as RawCube["arrays"];
  for (const name of names) {
    const a = take(errors.arrays, buffer, name);
    if (!a) return null;
    arrays[name] = a;
  }
  return { errors, arrays };
}

/** The cube of each subgroup found: counts on the axis and groups of the whole, no features. Empty while not of one piece. */
export function decodeSubgroups(base: RawCube | null, found: Slices | null, buffer: ArrayBuffer | null): RawCube[] {
  if (!base || !found || !buffer) return [];
  const [count, score] = [take(found.arrays, buffer, "count"), take(found.arrays, buffer, "score")];
  const size = base.errors.groups.length * (base.arrays.edges.length - 1);
  if (count?.length !== size * found.items.length || score?.length !== count.length) return [];
  const none = new Float64Array(0);
  return found.items.map((item, i) => ({
    errors: { ...base.errors, n_rows: item.rows, features: [] },
    arrays: {
      ...base.arrays, count: count.subarray(i * size, (i + 1) * size), score: score.subarray(i * size, (i + 1) * size),
      n: none, sum: none, sq: none, levels: none, infinite: none, claimed: none,
    },
  }));
}

interface Kinds {
  run: [Record<string, never>, true];
  cancel: [Record<string, never>, true];
  rows: [RowsAsked, RowsGiven];
  cube: [CubeAsked, CubeGiven];
  distribution: [DistributionAsked, DistributionGiven];
  export: [ExportAsked, ExportGiven];
  html: [{ rows: number }, { html: string }];
  fix: [{ code: string }, Fix];
  replay: [ReplayAsked, Replayed];
}
export type Kind = keyof Kinds;

/** What the kernel answered instead of a result. */
export class RemoteError extends Error {
  constructor(readonly type: string, message: string) {
    super(message);
  }
}
/** What an error says. */
export const words = (e: unknown): string => (e instanceof Error ? e.message : String(e));
/** A newer request of the same kind was sent, or the view is gone: there is nothing to show. */
export class Superseded extends Error {}

const SAVE_MS = 100;
let views = 0;

export class Wire {
  /** True while a view of this page sets a trait: what the others hear then is not from the kernel. */
  static writing = false;
  readonly live: boolean;
  readonly #view = `${(++views).toString(36)}${Math.random().toString(36).slice(2, 8)}`;
  readonly #undo: (() => void)[] = [];
  readonly #pending = new Map<string, { kind: Kind; resolve: (v: never) => void; reject: (e: Error) => void }>();
  #sequence = 0;
  #saved = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;
  #held = false;

  constructor(readonly model: Model) {
    this.live = model.live !== false;
    this.#listen("msg:custom", (content: unknown, buffers?: unknown[]) => this.#answer(content, buffers));
  }

  read<K extends Name>(name: K): Traits[K] {
    const [trait, decode] = TRAITS[name];
    return decode(this.model.get(trait));
  }

  watch(name: Name, changed: () => void): void {
    this.#listen(`change:${TRAITS[name][0]}`, changed);
  }

  /**
   * Sets the trait at once (other views follow) and tells Python at once too: what is set and not yet saved would be set
   * back by the kernel's echo of an earlier value. `often` is for drags, which take no values from the kernel: they are
   * told at most ten times a second, and `flush` tells the last one.
   */
  write<K extends Shared>(name: K, value: Traits[K], often = false): void {
    if (this.#closed) return;
    Wire.writing = true;
    try {
      this.model.set(TRAITS[name][0], value);
    } finally {
      Wire.writing = false;
    }
    if (this.#held || (often && this.#timer !== undefined)) return;
    const wait = often ? this.#saved + SAVE_MS - performance.now() : 0;
    if (wait <= 0) this.#save();
    else this.#timer = setTimeout(() => this.#save(), wait);
  }

  /** Several traits in one message. */
  together(act: () => void): void {
    this.#held = true;
    try {
      act();
    } finally {
      this.#held = false;
      if (!this.#closed) this.#save();
    }
  }

  flush(): void {
    if (this.#timer !== undefined) this.#save();
  }

  request<K extends Kind>(kind: K, body: Kinds[K][0]): Promise<Kinds[K][1]> {
    for (const [id, p] of this.#pending) {
      if (p.kind === kind) {
        this.#pending.delete(id);
        p.reject(new Superseded());
      }
    }
    const id = `${this.#view}-${++this.#sequence}`;
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Superseded());
      this.#pending.set(id, { kind, resolve: resolve as (v: never) => void, reject });
      try {
        this.model.send({ id, kind, ...body });
      } catch (e) {
        this.#pending.delete(id);
        reject(new Error(`No kernel answers this panel any more (${words(e)}). Start one and run its cell again.`));
      }
    });
  }

  close(): void {
    this.flush();
    this.#closed = true;
    for (const undo of this.#undo.splice(0)) undo();
    for (const p of this.#pending.values()) p.reject(new Superseded());
    this.#pending.clear();
  }

  #save(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#saved = performance.now();
    this.model.save_changes();
  }

  // biome-ignore lint/suspicious/noExplicitAny: the arguments depend on the event
  #listen(event: string, listener: (...args: any[]) => void): void {
    this.model.on(event, listener);
    this.#undo.push(() => this.model.off(event, listener));
  }

  #answer(content: unknown, buffers: unknown[] = []): void {
    const reply = object<{ id: string; ok?: unknown; error?: { type?: string; message?: string } }>(content);
    const pending = reply && this.#pending.get(reply.id);
    if (!reply || !pending) return; // another view's, or stale
    this.#pending.delete(reply.id);
    if (reply.error) {
      pending.reject(new RemoteError(reply.error.type ?? "Error", reply.error.message ?? "The kernel gave no reason."));
    } else if (pending.kind === "cube") {
      pending.resolve({ ...object<CubeGiven>(reply.ok), buffer: decodeBuffer(buffers[0]) } as never);
    } else pending.resolve(reply.ok as never);
  }
}
