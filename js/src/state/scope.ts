/** Which rows the explorer looks at: all of them or a subgroup, by its counts at once and whole when the kernel has answered. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { buildCube, type Cube } from "../cube.ts";
import { indexIn, keyOf } from "../subgroups.ts";
import type { Errors, Subgroup, Slices } from "../types.ts";
import { decodeCube, decodeSubgroups, Superseded, type Wire, words } from "../wire.ts";

export interface Scope {
  /** Of all rows. */
  base: ReadonlySignal<Cube | null>;
  /** Of the rows looked at; null while nothing is known of them. */
  cube: ReadonlySignal<Cube | null>;
  /** Of each subgroup found, counts alone. */
  found: ReadonlySignal<Cube[]>;
  /** A fuller cube of the rows looked at has been asked for. */
  asking: ReadonlySignal<boolean>;
  /** Why it cannot be had, in words. */
  failed: ReadonlySignal<string>;
  /** Ask for so many features more than there are. */
  more(features: number): void;
  retry(): void;
  close(): void;
}
interface Sources {
  errors: Signal<Errors | null>;
  buffer: Signal<ArrayBuffer | null>;
  slice: Signal<Subgroup | null>;
  subgroups: Signal<Slices | null>;
  subgroupCounts: Signal<ArrayBuffer | null>;
}
/** Cubes kept, so that going back to a subgroup asks nothing. */
const KEPT = 6;

export function createScope(wire: Wire, { errors, buffer, slice, subgroups, subgroupCounts }: Sources): Scope {
  const raw = computed(() => decodeCube(errors.value, buffer.value));
  const base = computed(() => raw.value && buildCube(raw.value));
  const found = computed(() => decodeSubgroups(raw.value, subgroups.value, subgroupCounts.value).map(buildCube));
  const key = computed(() => keyOf(slice.value));
  const wanted = signal(0);
  const attempt = signal(0);
  const answers = signal<ReadonlyMap<string, Cube>>(new Map());
  const pending = signal("");
  const trouble = signal({ key: "", text: "" });

  const cube = computed(() => {
    const answer = base.value && answers.value.get(key.value);
    if (answer || !slice.value) return answer || base.value;
    return found.value[indexIn(subgroups.value, slice.value)] ?? null;
  });

  const forget = effect(() => {
    base.value;
    answers.value = new Map();
    wanted.value = 0;
  });
  const ask = effect(() => {
    const whole = base.value;
    attempt.value;
    if (!whole) return;
    const [of, chosen] = [key.value, slice.peek()];
    const features = Math.max(wanted.value, whole.errors.features.length);
    const known = answers.peek().get(of) ?? (chosen ? null : whole);
    if (known && known.errors.features.length >= features) return;
    pending.value = of;
    trouble.value = { key: of, text: "" };
    const settle = (text: string): void => {
      if (base.peek() !== whole) return; // of an earlier climb
      if (pending.peek() === of) pending.value = "";
      if (text) trouble.value = { key: of, text };
    };
    wire.request("cube", { slice: chosen, features }).then((given) => {
      const arrived = decodeCube(given.errors, given.buffer);
      if (arrived && base.peek() === whole) {
        const kept = [...answers.peek()].filter(([k]) => k !== of).slice(1 - KEPT);
        answers.value = new Map([...kept, [of, buildCube(arrived)]]);
      }
      settle(arrived ? "" : "The kernel's answer is not of one piece.");
    }, (e: unknown) => {
      if (!(e instanceof Superseded)) settle(words(e));
    });
  });

  return {
    base, cube, found,
    asking: computed(() => pending.value === key.value && pending.value !== ""),
    failed: computed(() => (trouble.value.key === key.value ? trouble.value.text : "")),
    more(features) {
      wanted.value = (cube.peek()?.errors.features.length ?? 0) + features;
    },
    retry() {
      attempt.value++;
    },
    close() {
      forget();
      ask();
    },
  };
}
