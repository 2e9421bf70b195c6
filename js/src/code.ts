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
  // Nullable columns answer NA to a comparison, which is no boolean.
  const values = date ? `pd.to_datetime(${column}, utc=True, errors="coerce")` : `pd.to_numeric(${column}, errors="coerce").astype(float)`;
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

const OWN = ["grid", "labels", "actual", "score", "positive", "proba", "column", "predicted", "confidence", "chosen", "said", "selection"] as const;
/** What the lines call things: never what the user calls something, which would be overwritten before it is read. */
type Names = Record<(typeof OWN)[number], string>;

function namesBeside(theirs: string): Names {
  const taken = new Set(theirs.match(/\w+/gu) ?? []);
  const free = (name: string): string => (taken.has(name) ? free(`${name}_`) : name);
  return Object.fromEntries(OWN.map((name) => [name, free(name)])) as Names;
}

function scores({ kind, code, positive }: Errors, threshold: number | null, n: Names): string[] {
  if (kind === "binary") {
    const yes = positive ?? 1;
    return [
      `${n.score} = ${n.grid}(${code.score})`,
      `${n.positive} = ${n.score} >= ${n.grid}(${decimal(threshold ?? 0.5)})`,
      `${n.predicted} = ${n.labels}[np.where(${n.positive}, ${yes}, ${1 - yes})]`,
      `${n.confidence} = np.where(${n.positive}, ${n.score}, 1 - ${n.score})`,
    ];
  }
  const column = code.model
    ? [
      `${n.predicted} = np.asarray(${code.model}.predict(${code.data}), dtype=object).ravel()`,
      `${n.column} = [${n.labels}.tolist().index(label) for label in ${n.predicted}]`,
    ]
    : [`${n.column} = np.argmax(${n.proba}, axis=1)`, `${n.predicted} = ${n.labels}[${n.column}]`];
  return [
    `${n.proba} = np.asarray(${code.score})`, ...column,
    `${n.score} = ${n.confidence} = ${n.grid}(${n.proba}[np.arange(len(${n.proba})), ${n.column}])`,
  ];
}

/** Which labels are this one. A tuple is no single value to an array. */
const is = (name: string, label: string): string =>
  label.startsWith("(") ? `pd.Series(${name}).isin([${label}]).to_numpy()` : `(${name} == ${label})`;

/** An array of labels; numpy would take tuples for rows. */
const arrayOf = (labels: string[]): string =>
  labels.some((l) => l.startsWith("(")) ? `np.array([${labels.join(", ")}, None], dtype=object)[:-1]` : `np.array([${labels.join(", ")}], dtype=object)`;

function chosen(errors: Errors, selection: Selection, slice: string, n: Names): string[] {
  const { labels } = errors.code;
  const { cell, band: [from, to] } = selection;
  const out = [cell
    ? `${n.chosen} = ${is(n.actual, labels[cell[0]] ?? "")} & ${is(n.predicted, labels[cell[1]] ?? "")}`
    : `${n.chosen} = ${n.actual} != ${n.predicted}`];
  if (from > 0) out.push(`${n.chosen} &= ${n.confidence} >= ${n.grid}(${decimal(from)})`);
  if (to < 1) out.push(`${n.chosen} &= ${n.confidence} < ${n.grid}(${decimal(to)})`);
  if (slice) out.push(`${n.chosen} &= np.asarray(${slice}, dtype=bool)`);
  return out;
}

function frame({ code, features_total }: Errors, n: Names): string[] {
  const told = (["actual", "predicted", "score", "confidence"] as const)
    .map((name, i) => `    ${code.columns[i]}: ${n[name]}[${n.chosen}],`);
  if (!features_total) return [`${n.selection} = pd.DataFrame({`, ...told, `}, index=np.flatnonzero(${n.chosen}))`];
  return [
    `${n.said} = pd.DataFrame({`, ...told, `}, index=${code.X}.index[${n.chosen}])`,
    `${n.selection} = pd.concat([${n.said}, ${code.X}[${n.chosen}]], axis=1)`,
  ];
}

/** Rows in a table elsewhere are fetched by the analysis: there is nothing to index. */
function fetched({ code, kind }: Errors, { cell, band: [from, to], threshold }: Selection): string {
  const asked = cell ? [`(${code.labels[cell[0]]}, ${code.labels[cell[1]]})`] : [];
  if (kind === "binary" && threshold !== null) asked.push(`threshold=${decimal(threshold)}`);
  if (from > 0 || to < 1) asked.push(`band=(${decimal(from)}, ${decimal(to)})`);
  const imports = /\b(np|pd)\./.test(asked.join("")) ? "import numpy as np\nimport pandas as pd\n" : "";
  return `${imports}${code.setup && `${code.setup}\n`}selection = ${code.errors}.rows(${asked.join(", ")})\n`;
}

/**
 * @param errors of all rows, never of a subgroup.
 * @param found the subgroup chosen, where the search found it: Python wrote its expression.
 */
export function codeOf(errors: Errors, selection: Selection, found: SubgroupFound | null): string {
  const { model, data, X, y, labels, score, setup } = errors.code;
  if (errors.code.errors) return fetched(errors, selection);
  const slice = sliceCode(errors, selection, found);
  const n = namesBeside([model, data, X, y, setup, score, slice].join(" "));
  return [
    "import numpy as np",
    "import pandas as pd",
    "",
    `def ${n.grid}(values):  # multiples of 2**-40, as in the panel: ties stay ties`,
    "    return np.round(np.asarray(values, dtype=float) * 2**40) / 2**40",
    "",
    ...(setup ? [setup] : []),
    `${n.labels} = ${arrayOf(labels)}`,
    `${n.actual} = ${y}`,
    ...scores(errors, selection.threshold, n),
    "",
    ...chosen(errors, selection, slice, n),
    "",
    ...frame(errors, n),
    "",
  ].join("\n");
}
