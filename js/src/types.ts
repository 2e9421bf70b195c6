/** The payloads of the wire contract (ladder_widgets/panel/README.md), as types. Nothing here runs. */

export type Status = "pass" | "warn" | "fail" | "skip" | "error";
export type RungStatus = Status | "pending" | "running";
export type Format = "text" | "code" | "integer" | "number" | "percent" | "score";
export type Value = string | number | boolean | null;
export type Band = readonly [number, number];
/** [actual, predicted], indices into `Errors.classes`. */
export type Cell = readonly [number, number];
export type RunStatus = "pending" | "running" | "done" | "cancelled" | "error";
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
    /** What mistakes cost, where the user said it. */
    costs?: { false_positive: number; false_negative: number } | null;
    notes: string[];
  };
  rungs: Rung[];
  findings: Finding[];
  tryable: string[];
  first_failing_rung: number | null;
  checklist: { development: Line[]; production: Line[] };
  narrative: string[];
}

/** `code`: the key of the column as a Python literal. `n_row`: null when every row has a finite value. */
export type Feature =
  | {
    name: string; code: string; kind: "number" | "datetime"; row: number; n_row: number | null; center: number; scale: number;
    missing: boolean;
    /** Row of `infinite`, null when no value is. */
    infinite_row: number | null;
  }
  | { name: string; code: string; kind: "category"; row: number; levels: string[] };

export type Layout = Record<string, { dtype: "u2" | "u4" | "f4" | "f8"; shape: number[]; offset: number }>;
export interface Errors {
  kind: "binary" | "multiclass";
  classes: string[];
  positive: number | null;
  threshold: number | null;
  probabilities: boolean;
  /** Counts are sums of weights. */
  weighted: boolean;
  n_rows: number;
  groups: [number, number][];
  features: Feature[];
  features_total: number;
  /** Signals of all features, sent or not. */
  signals_total: number;
  /** What the user calls things: variables, the expression of the scores, literals of the classes. */
  code: Code;
  arrays: Layout;
}
export interface Code {
  /** Empty without a model. */
  model: string;
  /** The rows as the model gets them, and as a pandas frame, which `setup` makes where they are none. */
  data: string;
  X: string;
  setup: string;
  /** Expressions of the labels and of the scores. */
  y: string;
  score: string;
  labels: string[];
  /** Literals of the columns that say actual, predicted, score and confidence. */
  columns: string[];
  /** The analysis, where its rows are in a table elsewhere: they are asked of it. Else empty. */
  errors: string;
}

/** One condition of a subgroup: `low <= value < high` with open ends null, a level, or a gap. `whole`: of whole numbers. */
export type Condition =
  | { feature: string; kind: "number" | "datetime"; low: number | null; high: number | null; whole?: boolean }
  | { feature: string; kind: "level"; level: string }
  | { feature: string; kind: "missing" };
/** The rows that meet all of its conditions. */
export type Subgroup = readonly Condition[];
export interface SubgroupFound {
  text: string;
  conditions: Subgroup;
  /** A boolean pandas expression on the user's table. */
  code: string;
  /** Over all rows, at the threshold of the search. */
  rows: number;
  errors: number;
  error_rate: number;
  low: number;
  high: number;
  excess: number;
  score: number;
  /** Corrected for all subgroups that were found. */
  p_value: number;
  significant: boolean;
  /** On the half that the search did not see. */
  held: { rows: number; errors: number; error_rate: number } | null;
}
export interface Slices {
  items: SubgroupFound[];
  base_rate: number;
  rows: number;
  sampled: number | null;
  notes: string[];
  /** `count` and `score`, items × groups × bins of the error cube. */
  arrays: Layout;
}
interface Suspect {
  total: number;
  note: string;
}
export interface Suspects {
  label_issues: Suspect;
  opposite_duplicates: Suspect;
}
/** Rows shown instead of those of the cell and band. */
export type Pick = "label-issues" | "opposite-duplicates";

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
/** What somebody looks at. */
export interface Selection {
  band: Band;
  threshold: number | null;
  cell: Cell | null;
  slice: Subgroup | null;
}
export interface RowsAsked extends Selection {
  pick: Pick | null;
  offset: number;
  limit: number;
  sort: Sort;
}
export interface RowsGiven {
  columns: Column[];
  rows: Value[][];
  positions: number[];
  total: number;
  /** Where these come from, when they are a sample. */
  note?: string;
}
export interface CubeAsked {
  slice: Subgroup | null;
  /** How many of the leading features. */
  features: number;
}
export interface CubeGiven {
  errors: Errors;
  buffer: ArrayBuffer | null;
}
export interface DistributionAsked extends Selection {
  feature: string;
}
export interface DistributionGiven {
  feature: string;
  kind: "number" | "datetime" | "category";
  bins: { label: string; here: number; there: number }[];
  here: number;
  there: number;
  ks: number | null;
  p: number | null;
}
export interface ExportAsked extends Selection {
  pick: Pick | null;
}
export interface ExportGiven {
  csv: string;
  rows: number;
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

/** Production, as `panel/wire_production.py` tells it: drawn here, computed there. */
export interface Watch {
  sentence: string;
  windows: WatchWindow[];
  /** Place of the window to open on; -1 without any. */
  chosen: number;
  features: WatchFeature[];
  timeToLabel: { delay: number; text: string; share: number; low: number; high: number }[];
  maturity: { delay: number; text: string } | null;
  limits: { psi: number; psiWarn: number; aucDrop: number; aucBaseline: number | null };
  triggers: Trigger[];
  rows: { total: number; replayable: boolean };
  /** What the estimates take for granted. */
  assumptions?: string[];
  /** On a page of production alone: there is no report to hold them. */
  findings?: Finding[];
  /** What does not travel, or nothing. */
  note: string;
}
export interface WatchWindow {
  start: number;
  end: number;
  /** "Week of 3 March 2026", the accessible name, and a short date and its year for the axis. */
  name: string;
  label: string;
  tick: string;
  year: string;
  rows: number;
  status: Status;
  psi: number | null;
  mover: string | null;
  psiScore: number | null;
  coverage: number | null;
  auc: number | null;
  aucLow: number | null;
  aucHigh: number | null;
  aucKind: "labels" | "reweighted" | "estimated" | null;
  /** Places of the features, farthest from training first. */
  order: number[];
}
export interface WatchFeature {
  name: string;
  kind: "number" | "category";
  bins: string[];
  reference: number[];
  /** By window, as are the rest. */
  windows: number[][];
  psi: (number | null)[];
  noise: (number | null)[];
  status: Status[];
}
export interface Trigger {
  name: string;
  kind: "alert" | "retrain";
  fired: boolean;
  sinceText: string;
  words: string;
  value: number | null;
  limit: number | null;
}

export interface ReplayAsked {
  source: "validation" | "log";
  position: number;
}
/** One row through the model, step by step, as `panel/wire_replay.py` tells it. */
export interface Replayed {
  title: string;
  status: Status;
  /** What came of it, in a sentence. */
  verdict: string;
  /** How it differs from what was answered before, and what would explain that. */
  reasons: string[];
  /** Score and label against what was expected. */
  answer: Evidence;
  steps: ReplayStep[];
  /** Place of the step to blame; null for none. */
  first: number | null;
  notes: string[];
  seconds: number;
}
export interface ReplayStep {
  path: string;
  name: string;
  /** How many steps it is inside of. */
  depth: number;
  status: Status;
  /** "4 columns" before and after. */
  before: string;
  after: string;
  summary: string;
  tables: Evidence[];
  error: string;
  fix: string;
  seconds: number;
}
