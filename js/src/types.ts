/** The payloads of the wire contract (ladder_widgets/panel/README.md), as types. Nothing here runs. */

export type Status = "pass" | "warn" | "fail" | "skip" | "error";
export type RungStatus = Status | "pending" | "running";
export type Format = "text" | "code" | "integer" | "number" | "percent" | "score";
export type Value = string | number | boolean | null;
export type Band = readonly [number, number];
/** [actual, predicted], indices into `Errors.classes`. */
export type Cell = readonly [number, number];
export type RunStatus = "pending" | "running" | "cancelling" | "done" | "cancelled" | "error";
export type Theme = "auto" | "light" | "dark";

export interface Metric {
  mean: number | null;
  std: number | null;
  low: number | null;
  high: number | null;
}
export interface Score {
  label: string;
  estimator: string;
  how: string;
  rows: number;
  folds: number;
  metrics: Record<string, Metric>;
}
export interface Gap {
  against: number;
  label: string;
  metric: string;
  mean: number;
  low: number;
  high: number;
}
export interface Rung {
  number: number;
  name: string;
  question: string;
  status: RungStatus;
  provisional: boolean;
  headline: string;
  summary: string;
  score: Score | null;
  gaps: Gap[];
  notes: string[];
  seconds: number | null;
}
export interface Column {
  name: string;
  format: Format;
}
export interface Evidence {
  caption: string;
  columns: Column[];
  rows: Value[][];
  total: number;
}
export interface Finding {
  code: string;
  layer: string;
  rung: number;
  status: Status;
  title: string;
  question: string;
  why: string;
  summary: string;
  evidence: Evidence[];
  fix: string;
  docs_url: string;
  seconds: number | null;
}
export interface Line {
  text: string;
  status: Status;
  detail: string;
  codes: string[];
  rung: number;
  layer: string;
  evidence: Evidence[];
  sign_off: { reason: string; date: string } | null;
}
export interface Report {
  schema: "ladder-widgets/report";
  schema_version: 1;
  version: string;
  complete: boolean;
  seconds: number;
  model: { name: string; description: string; output: string };
  data: {
    n_train: number | null;
    n_val: number;
    n_test: number | null;
    n_features: number;
    classes: string[];
    positive: string | null;
    shares: number[];
    threshold: number | null;
    metric: string | null;
    notes: string[];
  };
  rungs: Rung[];
  findings: Finding[];
  tryable: string[];
  first_failing_rung: number | null;
  checklist: { development: Line[]; production: Line[] };
  narrative: string[];
}

export type Feature =
  | { name: string; kind: "number" | "datetime"; row: number; center: number; scale: number; missing: boolean }
  | { name: string; kind: "category"; row: number; levels: string[] };

export interface Errors {
  kind: "binary" | "multiclass";
  classes: string[];
  positive: number | null;
  threshold: number | null;
  probabilities: boolean;
  n_rows: number;
  groups: [number, number][];
  features: Feature[];
  features_total: number;
  arrays: Record<string, { dtype: "u2" | "u4" | "f4" | "f8"; shape: number[]; offset: number }>;
}

export interface Progress {
  rung: number;
  label: string;
  done: number;
  total: number;
}
export interface Failure {
  type: string;
  message: string;
  traceback: string;
}
export type Sort = readonly [number, "asc" | "desc"] | null;
export interface RowsAsked {
  cell: Cell | null;
  band: Band;
  threshold: number | null;
  offset: number;
  limit: number;
  sort: Sort;
}
export interface RowsGiven {
  columns: Column[];
  rows: Value[][];
  positions: number[];
  total: number;
}
export interface Fix {
  code: string;
  remedy: string;
  verdict: string;
  metrics: { name: string; before: number | null; after: number | null; difference: Omit<Metric, "std"> }[];
  rarest: string;
  rows: { before: number; after: number };
  was: { status: Status; summary: string };
  still: { status: Status; summary: string };
  code_to_paste: string;
  notes: string[];
  seconds: number;
}
