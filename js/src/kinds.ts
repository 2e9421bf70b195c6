/** Stub until the branch of the cube brings the real one. */
import type { Cube } from "./cube.ts";
import type { Band, Cell } from "./types.ts";

export interface Kind {
  cell: Cell;
  rows: number;
  share: number;
  confidence: number;
  low: number;
  high: number;
  reading: string;
}
export const kindsOf = (_cube: Cube, _band: Band, _threshold: number | null): Kind[] => [];
