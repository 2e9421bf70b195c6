/** The selection as pandas lines on the user's own variables. Pure; executed, they give the frame that `panel.selection` gives. */
import type { Condition, Errors, Selection, SubgroupFound } from "./types.ts";

/** Thresholds and scores are multiples of this, and are compared as such. */
const STEPS = 2 ** 40;

/** The shortest decimal that rounds back to this multiple of 2⁻⁴⁰. */
function decimal(v: number): string {
  const step = Math.round(v * STEPS);
  for (let digits = 1; digits < 16; digits++) {
    const short = Number(v.toFixed(digits));
    if (Math.abs(short * STEPS - step) < 0.499) return String(short);
  }
  return String(v);
}

// Characters that hide, end a line, or turn the direction of what follows: nobody could read what they paste.
const UNSEEN = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Any text as a Python literal: the escapes of JSON are escapes of Python too. */
export const literal = (text: string): string =>
  JSON.stringify(text).replace(UNSEEN, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

function conditionCode(c: Condition, column: string): string {
  if (c.kind === "missing") return `${column}.isna()`;
  if (c.kind === "level") return `${column}.map(str, na_action="ignore").isin([${literal(c.level)}])`;
  const date = c.kind === "datetime";
  const values = date ? `pd.to_datetime(${column}, utc=True)` : column;
  const end = (v: number): string => (date ? `pd.Timestamp(${Math.ceil(v)}, unit="ms", tz="UTC")` : String(v));
  const parts: string[] = [];
  if (c.low !== null) parts.push(`(${values} >= ${end(c.low)})`);
  if (c.high !== null) parts.push(`(${values} < ${end(c.high)})`);
  return parts.length ? parts.join(" & ") : `${column}.notna()`;
}

function sliceCode(errors: Errors, { slice }: Selection, found: SubgroupFound | null): string {
  if (found) return found.code;
  return (slice ?? []).map((c) => {
    const key = errors.features.find((f) => f.name === c.feature)?.code ?? literal(c.feature);
    return conditionCode(c, `${errors.code.X}[${key}]`);
  }).join(" & ");
}

function scores({ kind, code, positive }: Errors, threshold: number | null): string[] {
  if (kind === "binary") {
    const yes = positive ?? 1;
    return [
      `score = grid(${code.score})`,
      `positive = score >= grid(${decimal(threshold ?? 0.5)})`,
      `predicted = labels[np.where(positive, ${yes}, ${1 - yes})]`,
      "confidence = np.where(positive, score, 1 - score)",
    ];
  }
  const column = code.model
    ? [
      `predicted = np.asarray(${code.model}.predict(${code.data}), dtype=object).ravel()`,
      "column = [labels.tolist().index(label) for label in predicted]",
    ]
    : ["column = np.argmax(proba, axis=1)", "predicted = labels[column]"];
  return [`proba = ${code.score}`, ...column, "score = confidence = grid(proba[np.arange(len(proba)), column])"];
}

function chosen(errors: Errors, selection: Selection, found: SubgroupFound | null): string[] {
  const { labels } = errors.code;
  const { cell, band: [from, to], slice } = selection;
  const out = [cell
    ? `chosen = (actual == ${labels[cell[0]]}) & (predicted == ${labels[cell[1]]})`
    : "chosen = actual != predicted"];
  if (from > 0) out.push(`chosen &= confidence >= grid(${decimal(from)})`);
  if (to < 1) out.push(`chosen &= confidence < grid(${decimal(to)})`);
  if (slice) out.push(`chosen &= np.asarray(${sliceCode(errors, selection, found)}, dtype=bool)`);
  return out;
}

function frame({ code, features, features_total }: Errors): string[] {
  const taken = new Set(features.map((f) => f.name));
  const told = ["actual", "predicted", "score", "confidence"]
    .map((name) => `    "${taken.has(name) ? `${name} (model)` : name}": ${name}[chosen],`);
  if (!features_total) return ["selection = pd.DataFrame({", ...told, "}, index=np.flatnonzero(chosen))"];
  return [
    "said = pd.DataFrame({", ...told, `}, index=${code.X}.index[chosen])`, `selection = pd.concat([said, ${code.X}[chosen]], axis=1)`,
  ];
}

/**
 * @param errors of all rows, never of a subgroup.
 * @param found the subgroup chosen, where the search found it: Python wrote its expression.
 */
export function codeOf(errors: Errors, selection: Selection, found: SubgroupFound | null): string {
  const { y, labels, setup } = errors.code;
  return [
    "import numpy as np",
    "import pandas as pd",
    "",
    "def grid(values):  # multiples of 2**-40, as in the panel: ties stay ties",
    "    return np.round(np.asarray(values, dtype=float) * 2**40) / 2**40",
    "",
    ...(setup ? [setup] : []),
    `labels = np.array([${labels.join(", ")}], dtype=object)`,
    `actual = np.asarray(${y}, dtype=object).ravel()`,
    ...scores(errors, selection.threshold),
    "",
    ...chosen(errors, selection, found),
    "",
    ...frame(errors),
    "",
  ].join("\n");
}
