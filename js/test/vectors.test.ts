/** The browser's arithmetic against Python's answers: the same cubes, the same questions (scripts/make_vectors.py). */
import { describe, expect, test } from "vitest";
import vectors from "../../tests/vectors/errors.json";
import { calibrationOf } from "../src/calibration.ts";
import { contrastOf, type Signal } from "../src/contrast.ts";
import { buildCube, cellsOf, type Cube, matrixOf } from "../src/cube.ts";
import { kindsOf } from "../src/kinds.ts";
import { explain } from "../src/sentences.ts";
import type { Band, Cell, Errors } from "../src/types.ts";
import { decodeCube } from "../src/wire.ts";

interface Told {
  feature: string;
  signal: string;
  kind: string;
  cell: number;
  others: number;
  difference: number;
  low: number;
  high: number;
  p_value: number;
  risk_ratio: number | null;
  expected: number | null;
  significant: boolean;
  beyond: boolean;
  separates: boolean;
  apart: boolean;
}
interface Asked {
  band: number[];
  threshold: number | null;
  matrix: number[][];
  kinds: Record<string, number | string>[];
  cells: { contrast: Told[]; sentences: string[] }[];
}
type Vector = { errors: Errors; cube: string; asked: Asked[]; calibration: Record<string, number>[] };

function open({ errors, cube }: Vector): Cube {
  const bytes = Uint8Array.from(atob(cube), (c) => c.charCodeAt(0));
  const raw = decodeCube(errors, bytes.buffer);
  if (!raw) throw new Error("not of one piece");
  return buildCube(raw);
}

/** Sums travel as float32. */
function near(got: number | null | undefined, want: number | null, what: string): void {
  if (want === null || got === null || got === undefined) expect(got ?? null, what).toBe(want);
  else expect(Math.abs(got - want), `${what}: ${got} for ${want}`).toBeLessThanOrEqual(2e-5 * Math.max(1, Math.abs(want)));
}

const key = (feature: string, kind: string, level: string | null): string => [feature, kind, level].join("\u0000");
const keyOf = (s: Signal): string => key(s.feature, s.kind, s.kind === "level" ? s.level : null);

function compare(got: readonly Signal[], want: readonly Told[], what: string): void {
  const by = new Map(got.map((s) => [keyOf(s), s]));
  expect(by.size, what).toBe(want.length);
  for (const t of want) {
    const s = by.get(key(t.feature, t.kind, t.kind === "level" ? t.signal : null));
    const name = `${what} ${t.feature} ${t.signal}`;
    if (!s) throw new Error(`${name} is not told`);
    near(s.here, t.cell, `${name} here`);
    near(s.there, t.others, `${name} there`);
    near(s.d, t.difference, `${name} d`);
    near(s.low, t.low, `${name} low`);
    near(s.high, t.high, `${name} high`);
    near(s.p, t.p_value, `${name} p`);
    near(s.ratio?.times ?? null, t.risk_ratio, `${name} ratio`);
    expect(s.survives, `${name} survives`).toBe(t.significant);
    expect(s.marked, `${name} marked`).toBe(t.apart);
    near(s.expected, t.expected, `${name} expected`);
    expect(s.beyond, `${name} beyond`).toBe(t.beyond);
    expect(s.separates, `${name} separates`).toBe(t.separates);
  }
}

for (const [name, vector] of Object.entries(vectors as unknown as Record<string, Vector>)) {
  describe(name, () => {
    const cube = open(vector);
    const cells = cellsOf(cube);
    vector.asked.forEach((asked, i) => {
      const band = asked.band as unknown as Band;
      const what = `threshold ${asked.threshold}, band ${band}`;

      test(`${i}: the matrix, ${what}`, () => {
        const got = Array.from(matrixOf(cube, band, asked.threshold));
        if (vector.errors.weighted) got.forEach((n, i) => { near(n, asked.matrix.flat()[i] as number, `cell ${i}`); });
        else expect(got).toEqual(asked.matrix.flat());
      });

      test(`${i}: contrasts and sentences, ${what}`, () => {
        asked.cells.forEach(({ contrast, sentences }, c) => {
          const cell = cells[c] as Cell;
          compare(contrastOf(cube, cell, band, asked.threshold).signals, contrast, `cell ${cell}`);
          expect(explain(cube, cell, band, asked.threshold), `cell ${cell}`).toEqual(sentences);
        });
      });

      test(`${i}: kinds, ${what}`, () => {
        const kinds = kindsOf(cube, band, asked.threshold);
        expect(kinds.map((k) => k.reading)).toEqual(asked.kinds.map((k) => k.reading));
        kinds.forEach((k, at) => {
          const want = asked.kinds[at] as Record<string, number>;
          near(k.rows, want.rows as number, "rows");
          near(k.share, want.share_of_errors as number, "share");
          near(k.confidence, want.mean_confidence as number, "confidence");
          near(k.low, want.unsure as number, "unsure");
          near(k.high, want.sure as number, "sure");
          near(k.expected?.rows, want.expected_rows as number, "expected rows");
          near(k.expected?.confidence, want.expected_confidence as number, "expected confidence");
          near(k.expected?.high, want.expected_sure as number, "expected sure");
        });
      });
    });

    test("calibration", () => {
      const bins = calibrationOf(cube, 10);
      expect(bins.length).toBe(vector.calibration.length);
      bins.forEach((b, at) => {
        const want = vector.calibration[at] as Record<string, number>;
        for (const part of ["rows", "stated", "observed", "low", "high"] as const) near(b[part], want[part] as number, part);
      });
    });
  });
}
