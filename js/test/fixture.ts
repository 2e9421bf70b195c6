/** Realistic reports and cubes by the contract, from random rows: loans, five classes, 300 features. */
import type { Errors, Feature } from "../src/types.ts";

export function random(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
export const normal = (r: () => number): number => Math.sqrt(-2 * Math.log(1 - r())) * Math.cos(2 * Math.PI * r());

export type Col =
  | { name: string; kind: "number" | "datetime"; values: number[] }
  | { name: string; kind: "category"; values: string[] };
export interface Rows {
  classes: string[];
  positive: number | null;
  threshold: number | null;
  actual: number[];
  /** P(positive), or the confidence with more than two classes; on the grid of 2⁻⁴⁰. */
  x: number[];
  /** Null with two classes. */
  predicted: number[] | null;
  columns: Col[];
}
export const GRID = 2 ** -40;
export const grid = (v: number): number => Math.round(v / GRID) * GRID;

/** What a notebook would call these things. */
const codeOf = (rows: Rows): Errors["code"] => ({
  model: "model", data: "X_val", X: "X_val", setup: "", y: "np.asarray(y_val, dtype=object).ravel()", errors: "",
  columns: ['"actual"', '"predicted"', '"score"', '"confidence"'], labels: rows.classes.map((c) => JSON.stringify(c)),
  score: rows.predicted ? "model.predict_proba(X_val)" : `model.predict_proba(X_val)[:, ${rows.positive}]`,
});

/** The cube of some rows, as Python lays it out. */
export function cubeOf(rows: Rows, edgesAsked: number[] = [], steps = 200): { errors: Errors; buffer: ArrayBuffer } {
  const binary = rows.predicted === null;
  const wanted = [...Array.from({ length: steps + 1 }, (_, i) => i / steps), ...edgesAsked];
  if (rows.threshold !== null) wanted.push(rows.threshold);
  if (binary) {
    const sorted = [...rows.x].sort((a, b) => a - b);
    for (let q = 0; q <= 40 && sorted.length; q++) wanted.push(sorted[Math.round((q / 40) * (sorted.length - 1))] as number);
  }
  const set = new Set(wanted.map(grid).filter((v) => v >= 0 && v <= 1));
  if (binary) for (const v of [...set]) set.add(1 - v);
  if (binary) {
    const taken = new Set(rows.x);
    for (const v of [...set]) if (v > 0 && taken.has(v)) set.add(v + GRID);
  }
  const edges = [...set].sort((a, b) => a - b);
  const bins = edges.length - 1;
  const atoms: number[] = [];
  for (let b = 0; b < bins; b++) if ((edges[b + 1] as number) - (edges[b] as number) < 1.5 * GRID) atoms.push(b);
  const code = (v: number): number => {
    let lo = 0;
    let hi = bins;
    while (lo < hi) {
      const mid = (lo + hi + 1) >> 1;
      if ((edges[mid] as number) <= v) lo = mid;
      else hi = mid - 1;
    }
    return Math.min(lo, bins - 1);
  };
  const key = (i: number): string => `${rows.actual[i]},${binary ? -1 : rows.predicted?.[i]}`;
  const keys = [...new Set(rows.actual.map((_, i) => key(i)))].sort();
  const groups = keys.map((s) => s.split(",").map(Number) as [number, number]);
  const size = groups.length * bins;
  const cell = rows.actual.map((_, i) => keys.indexOf(key(i)) * bins + code(rows.x[i] as number));
  const count = new Uint32Array(size);
  const score = new Float64Array(size);
  cell.forEach((c, i) => {
    (count[c] as number)++;
    (score[c] as number) += rows.x[i] as number;
  });
  const features: Feature[] = [];
  const numbers = rows.columns.filter((c) => c.kind !== "category");
  const n = new Uint32Array(numbers.length * size);
  const sum = new Float64Array(numbers.length * size);
  const sq = new Float64Array(numbers.length * size);
  const levelCounts: Uint32Array[] = [];
  let row = 0;
  for (const column of rows.columns) {
    if (column.kind === "category") {
      const tally = new Map<string, number>();
      for (const v of column.values) tally.set(v, (tally.get(v) ?? 0) + 1);
      const levels = [...tally].sort((a, b) => b[1] - a[1]).map(([v]) => v);
      features.push({ name: column.name, code: JSON.stringify(column.name), kind: "category", row: levelCounts.length, levels });
      for (const level of levels) {
        const line = new Uint32Array(size);
        for (const [i, c] of cell.entries()) if (column.values[i] === level) (line[c] as number)++;
        levelCounts.push(line);
      }
      continue;
    }
    const present = column.values.filter(Number.isFinite);
    const center = present.reduce((a, b) => a + b, 0) / (present.length || 1);
    const scale = Math.sqrt(present.reduce((a, b) => a + (b - center) ** 2, 0) / (present.length || 1)) || 1;
    features.push({ name: column.name, code: JSON.stringify(column.name), kind: column.kind, row, n_row: row, center, scale, missing: present.length < column.values.length, infinite_row: null });
    cell.forEach((c, i) => {
      const v = column.values[i] as number;
      if (!Number.isFinite(v)) return;
      const z = (v - center) / scale;
      const at = row * size + c;
      (n[at] as number)++;
      (sum[at] as number) += z;
      (sq[at] as number) += z * z;
    });
    row++;
  }
  const levels = new Uint32Array(levelCounts.length * size);
  for (const [i, line] of levelCounts.entries()) levels.set(line, i * size);

  const parts: [string, "u4" | "f8", Uint32Array | Float64Array, number[]][] = [
    ["edges", "f8", Float64Array.from(edges), [edges.length]], ["atoms", "u4", Uint32Array.from(atoms), [atoms.length]],
    ["count", "u4", count, [groups.length, bins]], ["score", "f8", score, [groups.length, bins]],
    ["n", "u4", n, [numbers.length, groups.length, bins]], ["sum", "f8", sum, [numbers.length, groups.length, bins]],
    ["sq", "f8", sq, [numbers.length, groups.length, bins]], ["levels", "u4", levels, [levelCounts.length, groups.length, bins]],
  ];
  const arrays: Errors["arrays"] = {};
  let offset = 0;
  for (const [name, dtype, data, shape] of parts) {
    arrays[name] = { dtype, shape, offset };
    offset += Math.ceil(data.byteLength / 8) * 8;
  }
  const buffer = new ArrayBuffer(offset);
  for (const [name, , data] of parts) {
    new Uint8Array(buffer).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), arrays[name]?.offset);
  }
  return {
    buffer,
    errors: {
      kind: binary ? "binary" : "multiclass", classes: rows.classes, positive: rows.positive, threshold: rows.threshold,
      probabilities: true, weighted: false, n_rows: rows.actual.length, groups, features, features_total: rows.columns.length, arrays,
      signals_total: features.reduce((n, f) => n + (f.kind === "category" ? f.levels.length - Number(f.levels.length === 2) : 1 + Number(f.missing)), 0),
      code: codeOf(rows),
    },
  };
}

/** Loans: a default is missed where income is high but the loan is large. */
export function loans(n = 3000, features = 14, seed = 7): Rows {
  const r = random(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(r() * from.length)] as T;
  const rows: Rows = { classes: ["no", "yes"], positive: 1, threshold: 0.5, actual: [], x: [], predicted: null, columns: [] };
  const age: number[] = [], income: number[] = [], amount: number[] = [], years: number[] = [], opened: number[] = [];
  const rate: number[] = [], lines: number[] = [], ratio: number[] = [], late: number[] = [];
  const grade: string[] = [], purpose: string[] = [], home: string[] = [], region: string[] = [], verified: string[] = [];
  for (let i = 0; i < n; i++) {
    const g = Math.floor(r() ** 1.4 * 6);
    const inc = Math.exp(10.6 + 0.5 * normal(r));
    const amt = Math.exp(9.2 + 0.6 * normal(r));
    const thin = r() < 0.18;
    const truth = -2.4 + 0.5 * g + 1.1 * Math.log(amt / inc + 0.4) + (thin ? 1.6 : 0);
    const y = r() < 1 / (1 + Math.exp(-truth - 0.9)) ? 1 : 0;
    const logit = 1.5 * (truth - (thin ? 1.9 : 0)) + 1.1 + 0.9 * normal(r) + 0.9 * (y - 0.4);
    rows.actual.push(y);
    rows.x.push(grid(Math.round(1000 / (1 + Math.exp(-logit))) / 1000));
    age.push(Math.round(40 + 12 * normal(r) - (thin ? 9 : 0)));
    income.push(Math.round(inc));
    amount.push(Math.round(amt));
    years.push(thin ? Number.NaN : Math.max(0, Math.round(6 + 5 * normal(r))));
    opened.push(Date.UTC(2016, 0, 1) + Math.floor(r() * 1200) * 864e5);
    rate.push(Math.round((7 + 2.1 * g + normal(r)) * 100) / 100);
    lines.push(Math.max(0, Math.round(9 + 4 * normal(r))));
    ratio.push(Math.round(1000 * amt / inc) / 1000);
    late.push(r() < 0.05 ? Number.NaN : Math.floor(-Math.log(1 - r()) * 0.5));
    grade.push("ABCDEF"[g] as string);
    purpose.push(pick(["debt consolidation", "credit card", "home improvement", "car", "small business"]));
    home.push(r() < (thin ? 0.7 : 0.42) ? "rent" : r() < 0.7 ? "mortgage" : "own");
    region.push(pick(["north", "south", "east", "west"]));
    verified.push(r() < 0.3 ? "yes" : "no");
  }
  rows.columns = ([
    { name: "income", kind: "number", values: income }, { name: "grade", kind: "category", values: grade },
    { name: "employment_years", kind: "number", values: years }, { name: "loan_amount", kind: "number", values: amount },
    { name: "age", kind: "number", values: age }, { name: "opened_on", kind: "datetime", values: opened },
    { name: "home_ownership", kind: "category", values: home }, { name: "interest_rate", kind: "number", values: rate },
    { name: "open_lines", kind: "number", values: lines }, { name: "debt_to_income", kind: "number", values: ratio },
    { name: "late_payments", kind: "number", values: late }, { name: "purpose", kind: "category", values: purpose },
    { name: "region", kind: "category", values: region }, { name: "verified", kind: "category", values: verified },
  ] satisfies Col[]).slice(0, features);
  for (let f = rows.columns.length; f < features; f++) {
    rows.columns.push({ name: `bureau_signal_${String(f).padStart(3, "0")}`, kind: "number",
      values: rows.actual.map((y) => normal(r) + (f % 29 === 0 ? 0.4 * y : 0)) });
  }
  return rows;
}

/** k kinds of ticket, some of them often mistaken for their neighbour. */
export function tickets(k = 5, n = 2500, seed = 11): Rows {
  const r = random(seed);
  const names = ["billing", "outage", "account access", "feature request", "spam", "refund", "delivery", "legal", "press", "jobs", "abuse", "other"];
  const rows: Rows = { classes: Array.from({ length: k }, (_, i) => names[i] ?? `topic ${i}`), positive: null, threshold: null, actual: [], x: [], predicted: [], columns: [] };
  const length: number[] = [], hour: number[] = [], channel: string[] = [];
  for (let i = 0; i < n; i++) {
    const a = Math.floor(r() ** 1.5 * k);
    const wrong = r() < 0.16;
    const p = wrong ? (a + 1 + Math.floor(r() ** 2 * (k - 1))) % k : a;
    rows.actual.push(a);
    rows.predicted?.push(p);
    const low = 1 / k;
    rows.x.push(grid(low + (1 - low) * (wrong ? r() ** 1.4 : 1 - r() ** 2.2)));
    length.push(Math.round(Math.exp(4.5 + normal(r) * 0.6 - (wrong ? 0.7 : 0))));
    hour.push(Math.floor(r() * 24));
    channel.push(r() < (wrong ? 0.6 : 0.3) ? "chat" : r() < 0.5 ? "mail" : "phone");
  }
  rows.columns = [{ name: "length", kind: "number", values: length }, { name: "hour", kind: "number", values: hour },
    { name: "channel", kind: "category", values: channel }];
  return rows;
}
