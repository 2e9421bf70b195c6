/** The wording of the panel. Accessible names here are API: people script against them. */
import { edge, integer, percent } from "./format.ts";
import { changed, type Step } from "./history.ts";
import { textOf } from "./subgroups.ts";
import type { Band, Cell, Errors, Rung, RungStatus, Selection, Slices } from "./types.ts";

export const STATUS: Record<RungStatus, string> = {
  pass: "passes", warn: "warns", fail: "fails", skip: "not checked", error: "broke", pending: "waiting", running: "running",
};

export const METRICS: Record<string, string> = {
  roc_auc: "ROC AUC", average_precision: "Average precision", balanced_accuracy: "Balanced accuracy",
  accuracy: "Accuracy", log_loss: "Log loss", brier: "Brier score",
};
export const LOWER_IS_BETTER = new Set(["log_loss", "brier"]);

export const rungName = (r: Rung): string =>
  `Rung ${r.number} ${r.name}, ${STATUS[r.status]}${r.provisional ? ", provisional" : ""}`;

export function cellName(errors: Errors, [a, p]: Cell, rows: number, of: number): string {
  const share = of ? Math.round((100 * rows) / of) : 0;
  return `actual ${errors.classes[a]}, predicted ${errors.classes[p]}: ${integer(rows)} of ${integer(of)} (${share} %)`;
}

export const cellText = (errors: Errors, [a, p]: Cell): string =>
  `actual ${errors.classes[a]}, predicted ${errors.classes[p]}`;
/** `low`: the least confidence a prediction can have. */
export const bandText = ([from, to]: Band, low: number): string => `confidence ${edge(Math.max(from, low))} to ${edge(to)}`;

/** What a step did, part by part. */
export function stepText(errors: Errors, found: Slices | null, low: number, { from, to }: Step): string {
  const part = {
    band: (s: Selection) => (s.band[0] > 0 || s.band[1] < 1 ? bandText(s.band, low) : "band cleared"),
    threshold: (s: Selection) => `threshold ${edge(s.threshold ?? 0.5)}`,
    cell: (s: Selection) => (s.cell ? cellText(errors, s.cell) : "cell cleared"),
    slice: (s: Selection) => (s.slice ? textOf(found, s.slice) : "subgroup cleared"),
  };
  return changed(from, to).map((f) => part[f](to)).join(", ");
}

interface CellWords {
  /** "false negatives" */
  many: string;
  /** Column head of the rows of the cell, and of what it is held against. */
  here: string;
  there: string;
  against: string;
}

export function cellWords(errors: Errors, [a, p]: Cell): CellWords {
  if (errors.kind === "binary") {
    const missed = { many: "false negatives", head: "missed" };
    const found = { many: "found positives", head: "found" };
    const alarms = { many: "false positives", head: "false alarms" };
    const cleared = { many: "true negatives", head: "cleared" };
    const yes = a === errors.positive;
    const [x, y] = yes ? (a === p ? [found, missed] : [missed, found]) : a === p ? [cleared, alarms] : [alarms, cleared];
    return { many: x.many, here: x.head, there: y.head, against: y.many };
  }
  const actual = errors.classes[a] ?? "";
  if (a === p) return { many: `${actual} found`, here: "found", there: "missed", against: `${actual} missed` };
  return { many: `${actual} taken for ${errors.classes[p]}`, here: "mistaken", there: "right", against: `${actual} found` };
}

/** "positives", "negatives", or the rows of a class. */
export const classWords = (errors: Errors, a: number): string =>
  errors.kind === "binary" ? (a === errors.positive ? "positives" : "negatives") : `rows of ${errors.classes[a]}`;

export const share = (n: number, of: number): string => (of ? percent(n / of, 1) : "–");
