/** Kinds of errors: how sure the model was of each, and whether its own probabilities predict it. Pure, no DOM. */
import { cellsOf, confidenceOf, type Cube, rowsIn, type Slice, sliceOf, slicesOf, total } from "./cube.ts";
import { erfc } from "./inference.ts";
import type { Band, Cell } from "./types.ts";

/** Below: the model is unsure. From SURE on it is sure of itself. Fewer errors of a kind than FEW say little. */
export const UNSURE = 0.6;
export const SURE = 0.8;
export const FEW = 10;
/** Errors beyond what is expected: how many times as many, and how likely by chance over all kinds of errors. */
const MORE = 1.25;
const BY_CHANCE = 0.005;

export interface Kind {
  cell: Cell;
  rows: number;
  /** Of all errors in the band. */
  share: number;
  confidence: number;
  /** Shares of them below UNSURE and from SURE on. */
  low: number;
  high: number;
  /** Rows, mean confidence and share from SURE on if the probabilities were right; null where that is not known. */
  expected: { rows: number; confidence: number; high: number } | null;
  reading: string;
}

/** What share of a cell's rows in a band also lies in another band. */
export function shareOf(cube: Cube, cell: Cell, band: Band, within: Band, threshold: number | null): number {
  const both: Band = [Math.max(band[0], within[0]), Math.min(band[1], within[1])];
  const rows = rowsIn(cube, slicesOf(cube, [cell], band, threshold));
  return rows && both[0] < both[1] ? rowsIn(cube, slicesOf(cube, [cell], both, threshold)) / rows : 0;
}

interface Expected {
  rows: number;
  variance: number;
  confidence: number;
}

/** Bins of a cell in a band, empty or not: what is expected there does not depend on what is found. */
function expectedIn(cube: Cube, cell: Cell, band: Band, threshold: number | null): Expected | null {
  const { errors } = cube;
  const binary = errors.kind === "binary";
  if (!errors.probabilities || (!binary && !cube.claimed.length)) return null;
  const out = { rows: 0, variance: 0, confidence: 0 };
  const slice = band[0] < band[1] ? sliceOf(cube, cell, band, threshold) : null;
  if (!slice) return out;
  const [group, lo, hi] = slice;
  const same = errors.groups.flatMap(([, p], g) => (binary || p === cell[1] ? [g] : []));
  for (let b = lo; b < hi; b++) {
    const bin = (g: number): Slice => [g, b, b + 1];
    const n = rowsIn(cube, same.map(bin));
    if (!(n > 0)) continue;
    const score = total(cube, cube.score, 0, same.map(bin));
    const claimed = binary ? (cell[0] === errors.positive ? score : n - score) : total(cube, cube.claimed, 0, [bin(group)]);
    const share = claimed / n;
    const confidence = binary && cell[1] !== errors.positive ? 1 - score / n : score / n;
    out.rows += claimed;
    out.variance += share * (1 - share) * (errors.weighted ? total(cube, cube.count2, 0, same.map(bin)) : n);
    out.confidence += claimed * confidence;
  }
  return { ...out, confidence: out.confidence / (out.rows || 1) };
}

export type Verdict = "few" | "unknown" | "sure" | "more" | "as expected";
export interface Judged {
  verdict: Verdict;
  expected: Kind["expected"];
}

/** Whether the errors of a cell are those that the model's own probabilities predict. */
export function judge(cube: Cube, cell: Cell, band: Band, threshold: number | null): Judged {
  const inside: Band = [Math.max(band[0], SURE), Math.max(band[1], SURE)];
  const rows = rowsIn(cube, slicesOf(cube, [cell], band, threshold));
  const sure = rows * shareOf(cube, cell, band, [SURE, 1], threshold);
  const whole = expectedIn(cube, cell, band, threshold);
  const part = expectedIn(cube, cell, inside, threshold);
  const expected = whole && part && { rows: whole.rows, confidence: whole.confidence, high: whole.rows > 0 ? part.rows / whole.rows : 0 };
  if (rows < FEW || !whole || !part) return { verdict: rows < FEW ? "few" : "unknown", expected };
  const k = cube.errors.classes.length;
  const exceeds = (found: number, e: Expected): boolean => {
    const z = (found - e.rows) / Math.max(1, Math.sqrt(e.variance));
    return found > MORE * e.rows && (erfc(z / Math.SQRT2) / 2) * k * (k - 1) <= BY_CHANCE;
  };
  if (sure >= FEW && exceeds(sure, part)) return { verdict: "sure", expected };
  return { verdict: exceeds(rows, whole) ? "more" : "as expected", expected };
}

/** Errors of a cell, or of all, in a band if the probabilities were right; null for right answers and where that is not known. */
export function expectedErrors(cube: Cube, cell: Cell | null, band: Band, threshold: number | null): number | null {
  if (cell) return cell[0] === cell[1] ? null : expectedIn(cube, cell, band, threshold)?.rows ?? null;
  const confidence = cube.errors.probabilities ? confidenceOf(cube, cellsOf(cube), band, threshold) : null;
  return confidence === null ? null : (1 - confidence) * rowsIn(cube, slicesOf(cube, cellsOf(cube), band, threshold));
}

function readingOf(verdict: Verdict, unsure: number, sure: number): string {
  const mostly = sure >= 0.5 ? "mostly sure" : unsure >= 0.5 ? "mostly unsure" : "some sure, some unsure";
  return {
    few: "too few to say",
    unknown: mostly,
    sure: "sure and wrong more often than its probabilities allow: systematic, look for what they share",
    more: `more than its probabilities allow, ${mostly}: look at the calibration`,
    "as expected": `as its own probabilities predict, ${mostly}: more data or better features may help`,
  }[verdict];
}

/** The most frequent kind first. */
export function kindsOf(cube: Cube, band: Band, threshold: number | null): Kind[] {
  const wrong = cellsOf(cube).filter(([a, p]) => a !== p)
    .map((cell) => ({ cell, rows: rowsIn(cube, slicesOf(cube, [cell], band, threshold)) }))
    .filter(({ rows }) => rows > 0)
    .sort((a, b) => b.rows - a.rows);
  const all = wrong.reduce((n, { rows }) => n + rows, 0);
  return wrong.map(({ cell, rows }) => {
    const low = shareOf(cube, cell, band, [0, UNSURE], threshold);
    const high = shareOf(cube, cell, band, [SURE, 1], threshold);
    const { verdict, expected } = judge(cube, cell, band, threshold);
    return {
      cell, rows, share: rows / all, confidence: confidenceOf(cube, [cell], band, threshold) ?? 0,
      low, high, expected, reading: readingOf(verdict, low, high),
    };
  });
}
