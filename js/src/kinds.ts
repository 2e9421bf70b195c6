/** Kinds of errors: how often each confusion happens, and how sure the model was of it. Pure, no DOM. */
import { cellsOf, confidenceOf, type Cube, rowsIn, slicesOf } from "./cube.ts";
import type { Band, Cell } from "./types.ts";

/** Below: the model is unsure. From SURE on it is sure of itself. Fewer errors of a kind than FEW say little. */
export const UNSURE = 0.6;
export const SURE = 0.8;
export const FEW = 10;

export interface Kind {
  cell: Cell;
  rows: number;
  /** Of all errors in the band. */
  share: number;
  confidence: number;
  /** Shares of them below UNSURE and from SURE on. */
  low: number;
  high: number;
  reading: string;
}

/** What share of a cell's rows in a band also lies in another band. */
export function shareOf(cube: Cube, cell: Cell, band: Band, within: Band, threshold: number | null): number {
  const both: Band = [Math.max(band[0], within[0]), Math.min(band[1], within[1])];
  const rows = rowsIn(cube, slicesOf(cube, [cell], band, threshold));
  return rows && both[0] < both[1] ? rowsIn(cube, slicesOf(cube, [cell], both, threshold)) / rows : 0;
}

function readingOf(rows: number, unsure: number, sure: number): string {
  if (rows < FEW) return "too few to say";
  if (sure >= 0.5) return "mostly sure: systematic, look for what they share";
  if (unsure >= 0.5) return "mostly unsure: more data or better features may help";
  return "mixed: some sure, some unsure";
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
    return {
      cell, rows, share: rows / all, confidence: confidenceOf(cube, [cell], band, threshold) ?? 0,
      low, high, reading: readingOf(rows, low, high),
    };
  });
}
