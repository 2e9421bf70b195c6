/** What a colleague would say of some errors, in three sentences; `errors/sentences.py` says the same. */
import { type Contrast, contrastOf, othersOf, type Signal } from "./contrast.ts";
import { ALL, confidenceOf, type Cube, effective, rowsIn, slicesOf } from "./cube.ts";
import { type Judged, judge, shareOf, SURE } from "./kinds.ts";
import type { Band, Cell } from "./types.ts";

const NAMED = 3;
const LETTERS = 48;
const WORTH = 0.2;
const FAR = 10;
/** What either language calls a space; and characters that turn the text around them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: some of them are spaces to Python
const SPACE = /[\s\u001c-\u001f\u0085]+/;
const TURN = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

interface Told {
  actual: string;
  predicted: string;
  right: boolean;
  rows: number;
  of: number;
  against: number;
  /** Effective numbers of rows of both sides. */
  effective: [number, number];
  /** Features that are looked at, and all there are. */
  features: [number, number];
  confidence: number;
  sure: number;
  judged: Judged;
  banded: boolean;
  probabilities: boolean;
}

export function explain(cube: Cube, cell: Cell, band: Band, threshold: number | null, found?: Contrast | null): string[] {
  const told = about(cube, cell, band, threshold);
  if (!(told.rows > 0)) return [`No row that is ${name(told.actual)} was predicted ${name(told.predicted)}${where(told)}.`];
  const contrast = found ?? contrastOf(cube, cell, band, threshold);
  return [howMany(told) + howSure(told), whatDiffers(told, contrast.signals), whatToMakeOfIt(told, contrast)];
}

function about(cube: Cube, cell: Cell, band: Band, threshold: number | null): Told {
  const { classes, probabilities } = cube.errors;
  const [actual, predicted] = cell;
  const held = othersOf(cube, cell);
  const rows = (cells: readonly Cell[], inside: Band): number => rowsIn(cube, slicesOf(cube, cells, inside, threshold));
  return {
    actual: classes[actual] ?? "", predicted: classes[predicted] ?? "", right: actual === predicted,
    rows: rows([cell], band),
    of: rows(classes.map((_, p): Cell => [actual, p]), ALL),
    against: rows(held, ALL),
    effective: [effective(cube, rows([cell], band), slicesOf(cube, [cell], band, threshold)),
      effective(cube, rows(held, ALL), slicesOf(cube, held, ALL, threshold))],
    confidence: confidenceOf(cube, [cell], band, threshold) ?? 0,
    features: [cube.errors.features.length, cube.errors.features_total],
    judged: judge(cube, cell, band, threshold),
    sure: shareOf(cube, cell, band, [SURE, 1], threshold),
    banded: band[0] > 0 || band[1] < 1,
    probabilities,
  };
}

const where = (told: Told): string => (told.banded ? " in this band of confidence" : "");

function howMany(told: Told): string {
  const one = told.rows === 1;
  return `${count(told.rows)} of ${count(told.of)} rows that are ${name(told.actual)} ${one ? "was" : "were"} `
    + `${told.right ? "rightly " : ""}predicted ${name(told.predicted)}${where(told)} (${percent(told.rows / told.of)}), `
    + `with a ${one ? "" : "mean "}confidence of ${fixed(told.confidence, 2)}.`;
}

function howSure(told: Told): string {
  if (!told.probabilities) return " The scores are no probabilities: their order means something, their size does not.";
  const { verdict, expected } = told.judged;
  if (told.right || !expected || verdict === "few") return "";
  const sure = told.banded ? ""
    : `, and the model would be sure (${fixed(SURE, 2)} or more) of ${percent(expected.high)} of them: it is of ${percent(told.sure)}`;
  const said = verdict === "sure" ? "It is sure and wrong more often than that: this is systematic, look for what they share."
    : verdict === "more" ? "There are more than its probabilities allow: look at the calibration."
    : "These are errors that its own probabilities predict: more data or better features may help.";
  return ` If its probabilities were right there would be ${fixed(expected.rows, 0)}${sure}. ${said}`;
}

const others = (told: Told): string =>
  `${count(told.against)} ${told.right ? "wrong" : "right"} ${told.against === 1 ? "one" : "ones"}`;

function whatDiffers(told: Told, signals: readonly Signal[]): string {
  if (told.against < 2 || told.rows < 2) return `There is too little to compare: ${count(told.rows)} against ${others(told)}.`;
  const worth = signals.filter((s) => s.survives && Math.abs(s.d) >= WORTH);
  const [here, of] = told.features;
  const among = here < of ? `, among ${count(here)} of ${count(of)} features` : "";
  if (!worth.length) {
    const end = signals.some((s) => s.survives) ? `by as much as ${fixed(WORTH, 1)} deviations` : "beyond noise";
    return `Nothing sets them apart from the ${others(told)} ${end}${among}.`;
  }
  return `Compared with the ${others(told)}${among}: ${first(worth).map(clause).join("; ")}.${asPredicted(worth)}`;
}

/** The first signal of each feature, and of these the first few. */
function first(signals: readonly Signal[]): Signal[] {
  const named = new Map<string, Signal>();
  for (const s of signals) if (!named.has(s.feature)) named.set(s.feature, s);
  return [...named.values()].slice(0, NAMED);
}

/** Whether the model's own probabilities would make these differences, were they right. */
function asPredicted(worth: readonly Signal[]): string {
  if (worth.every((s) => s.expected === null)) return "";
  const other = first(worth.filter((s) => s.beyond)).map((s) => name(s.feature));
  if (other.length) return ` Not as the model's own probabilities predict: ${other.join(", ")}.`;
  return " That is as the model's own probabilities predict: it says what they rest on, not what went wrong.";
}

function clause(s: Signal): string {
  if (s.kind === "number" || s.kind === "datetime") {
    const dated = s.kind === "datetime";
    const word = dated ? (s.d > 0 ? "later" : "earlier") : s.d > 0 ? "higher" : "lower";
    const [a, b] = [s.here, s.there].map((v) => (dated ? date(v) : value(v, s.scale)));
    if (s.separates) return `${name(s.feature)} is ${word} (always ${a} against ${b})`;
    const size = Math.abs(s.d) < FAR ? fixed(Math.abs(s.d), 2) : `more than ${FAR}`;
    return `${name(s.feature)} is ${word} (mean ${a} against ${b}, ${size} deviations)`;
  }
  const what = s.kind === "level" ? name(s.level ?? "") : s.kind;
  return `${name(s.feature)} is ${what} for ${percent(s.here)} against ${percent(s.there)}${times(s.ratio?.times)}`;
}

function times(ratio: number | undefined): string {
  if (ratio === undefined) return "";
  return `, ${fixed(Math.max(ratio, 1 / ratio), 1)} times ${ratio >= 1 ? "as often" : "less often"}`;
}

function whatToMakeOfIt(told: Told, { signals, compared }: Contrast): string {
  const survive = signals.filter((s) => s.survives).length;
  const apart = signals.filter((s) => s.marked).length;
  if (survive) {
    const more = apart === 0 ? "none of them differs" : `${count(apart)} ${apart === 1 ? "differs" : "differ"}`;
    const [here, of] = told.features;
    const among = here < of ? `Among ${count(here)} of ${count(of)} features, of ${count(compared)} signals in all,` : `Of ${count(compared)} signals`;
    return `${among} ${count(survive)} ${survive === 1 ? "survives" : "survive"} the noise `
      + `(false-discovery rate 5 %), and ${more} by more than half a deviation.`;
  }
  if (told.against < 1) return "There is nothing of the same class on the other side.";
  if (told.against < 2 || told.rows < 2) return "So few rows are best read one by one.";
  const [n, m] = told.effective;
  const least = 1.96 * Math.sqrt((n + m) / (n * m));
  return `With ${count(told.rows)} against ${count(told.against)} rows a difference below ${fixed(least, 2)} `
    + "deviations could not be told from noise, were it the only one looked for.";
}

// ---- numbers and names, written alike in both languages

/** One line, cut in the middle, and isolated where it would turn the line around. */
function name(text: string): string {
  let letters = Array.from(text.replaceAll(TURN, "").split(SPACE).filter(Boolean).join(" "));
  if (letters.length > LETTERS) letters = [...letters.slice(0, 30), "\u2026", ...letters.slice(-17)];
  const line = letters.join("");
  return RIGHT_TO_LEFT.test(line) ? `\u2068${line}\u2069` : line;
}

/** Half is rounded up, and what a float32 on the way made of it: the languages do not agree on halves. */
function fixed(v: number, digits: number): string {
  const size = 10 ** digits;
  const text = (Math.floor(Math.abs(v) * size + 0.501) / size)
    .toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return v < 0 && /[1-9]/.test(text) ? `\u2212${text}` : text;
}
const count = (v: number): string => fixed(v, Number.isInteger(v) ? 0 : 1);
const percent = (share: number): string => (share > 0 && share < 0.005 ? "under 1 %" : `${fixed(100 * share, 0)} %`);

function value(v: number, scale: number): string {
  if (!(scale > 0) || Math.abs(v) >= 1e9 || scale < 1e-5) return v.toExponential(3).replaceAll("-", "\u2212").replace("e+", "e");
  return fixed(v, Math.min(6, Math.max(0, Math.ceil(1.3 - Math.log10(scale)))));
}
// A minute more: a mean at midnight may have lost a second as a float32.
const date = (ms: number): string => new Date(Math.floor(ms) + 60_000).toISOString().slice(0, 10);
