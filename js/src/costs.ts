/** What mistakes cost at each threshold, and where they cost least. Two classes; pure, no DOM. */
import { type Cube, nearest } from "./cube.ts";

export interface Costs {
  /** Of a positive that was missed, and of a negative that was called positive; in any unit, above 0. */
  missed: number;
  alarm: number;
}
export const EVEN: Costs = { missed: 1, alarm: 1 };

export interface Mistakes {
  threshold: number;
  missed: number;
  alarms: number;
  /** All rows, or the sum of their weights. */
  rows: number;
  /** Expected cost of 1,000 rows. */
  cost: number;
}

/** Missed positives and false alarms at each threshold, and what they cost per 1,000 rows. */
export function costCurve(cube: Cube, costs: Costs, at: Iterable<number>): Mistakes[] {
  const { bins, count, errors } = cube;
  const yes = errors.positive ?? 1;
  const group = (actual: number): number => cube.group[actual * 2 + actual] ?? -1;
  const below = (actual: number, bin: number): number => {
    const g = group(actual);
    return g < 0 ? 0 : (count[g * (bins + 1) + bin] as number);
  };
  const negatives = below(1 - yes, bins);
  const rows = negatives + below(yes, bins);
  return Array.from(at, (threshold) => {
    const bin = nearest(cube.edges, threshold);
    const missed = below(yes, bin);
    const alarms = negatives - below(1 - yes, bin);
    return { threshold, missed, alarms, rows, cost: rows ? (1000 * (missed * costs.missed + alarms * costs.alarm)) / rows : 0 };
  });
}

/** The cheapest point; of several, the one nearest to a threshold. */
export function cheapest(curve: readonly Mistakes[], near: number): Mistakes | null {
  const least = Math.min(...curve.map((p) => p.cost));
  const tied = curve.filter((p) => p.cost <= least * (1 + 1e-12));
  return tied.reduce<Mistakes | null>((best, p) =>
    (best && Math.abs(best.threshold - near) <= Math.abs(p.threshold - near) ? best : p), null);
}

export interface Saving {
  /** Per 1,000 rows, with a 95 % interval. */
  saved: number;
  low: number;
  high: number;
}

/**
 * What one threshold saves against another on the same rows. Only rows between the two are answered otherwise: each
 * saves or costs one mistake, which gives the variance of the sum over rows.
 */
export function savingOf(from: Mistakes, to: Mistakes, costs: Costs): Saving {
  const { rows } = from;
  const missed = from.missed - to.missed;
  const alarms = from.alarms - to.alarms;
  const sum = missed * costs.missed + alarms * costs.alarm;
  const squares = Math.abs(missed) * costs.missed ** 2 + Math.abs(alarms) * costs.alarm ** 2;
  const half = 1.96 * Math.sqrt(Math.max(0, squares - (rows ? sum ** 2 / rows : 0)));
  const per = rows ? 1000 / rows : 0;
  return { saved: sum * per, low: (sum - half) * per, high: (sum + half) * per };
}
