/** Two sides of a signal compared from their sums alone; `errors/_inference.py` says what and why. Pure, no DOM. */

/** One side: rows (of weights the effective number), mean or share, variance (ddof 1), and the mean expected. */
export interface Side {
  n: number;
  mean: number;
  variance: number;
  expected: number | null;
}
export interface Compared {
  d: number;
  low: number;
  high: number;
  p: number;
  /** The effect there would be if the probabilities were right, and the p value of what goes beyond it. */
  expected: number | null;
  beyond: number;
}

const LARGE = 1000;
const Z = 1.96;
/** Degrees of freedom from which on Student's distribution is the normal one. */
const NORMAL = 1e5;
const NORMAL_QUANTILE = 1.959963984540054;
/** Steps of a sum or a fraction that needs far fewer: a cube and a buffer that are not yet of one piece may hold anything. */
const STEPS = 5000;

/** Complementary error function: series near 0, continued fraction beyond; relative error about 1e-14. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x > 27) return 0;
  if (x < 2) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let tail = 0;
  for (let n = 120; n > 0; n--) tail = n / 2 / (x + tail);
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + tail);
}

/** Two-sided p of a standard normal z. */
export const pOf = (z: number): number => erfc(Math.abs(z) / Math.SQRT2);

/** Logarithm of the gamma function of x > 0: Stirling's series, from 10 on. */
export function logGamma(x: number): number {
  if (!(x > 0)) return Number.NaN;
  let shift = 0;
  let v = x;
  for (; v < 10; v++) shift += Math.log(v);
  const s = 1 / (v * v);
  const series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / v;
  return (v - 0.5) * Math.log(v) - v + 0.5 * Math.log(2 * Math.PI) + series - shift;
}

/** Two-sided p of Student's t: the incomplete beta function, by Lentz's continued fraction. */
export function studentP(t: number, df: number): number {
  if (!(df < NORMAL)) return pOf(t);
  if (!Number.isFinite(t)) return 0;
  const a = df / 2;
  const x = df / (df + t * t);
  const logBeta = logGamma(a) + 0.5 * Math.log(Math.PI) - logGamma(a + 0.5);
  const front = Math.exp(-a * Math.log1p((t * t) / df) + 0.5 * Math.log1p(-x) - logBeta);
  if (x === 1) return 1;
  return x < (a + 1) / (a + 2.5) ? (front * fraction(x, a, 0.5)) / a : 1 - (front * fraction(1 - x, 0.5, a)) / 0.5;
}

function fraction(x: number, a: number, b: number): number {
  const safe = (v: number): number => (Math.abs(v) < 1e-300 ? 1e-300 : v);
  let c = 1;
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let out = d;
  for (let m = 1; m < STEPS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const part of [even, odd]) {
      d = 1 / safe(1 + part * d);
      c = safe(1 + part / c);
      out *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-15) break;
  }
  return out;
}

/** The t beyond which 5 % lie on both sides together: Newton's steps from below, as the tail is convex. */
function studentQuantile(df: number): number {
  if (!(df < NORMAL)) return NORMAL_QUANTILE;
  const density = Math.exp(logGamma((df + 1) / 2) - logGamma(df / 2)) / Math.sqrt(df * Math.PI);
  let t = NORMAL_QUANTILE * (1 + (NORMAL_QUANTILE ** 2 + 1) / (4 * df));
  for (let i = 0; i < 30; i++) {
    const step = (studentP(t, df) - 0.05) / (2 * density * (1 + (t * t) / df) ** (-(df + 1) / 2));
    t += step;
    if (Math.abs(step) < 1e-9 * t) break;
  }
  return t;
}

/** Fisher's exact p, two-sided: twice the tail on the side that is observed. Whole numbers of hits and rows. */
export function fisher(hits1: number, n1: number, hits0: number, n0: number): number {
  const fewer = hits1 * n0 < hits0 * n1;
  const least = fewer ? n1 - hits1 : hits1;
  const hits = least + (fewer ? n0 - hits0 : hits0);
  const rows = n1 + n0;
  const mean = (n1 * hits) / rows;
  const variance = (mean * (1 - hits / rows) * n0) / Math.max(1, rows - 1);
  if (variance > LARGE) return pOf(Math.max(0, least - mean - 0.5) / Math.sqrt(variance));
  const ways = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  let term = Math.exp(ways(hits, least) + ways(rows - hits, n1 - least) - ways(rows, n1));
  let total = term;
  for (let k = least; term > 1e-17 * total && k < least + STEPS; k++) {
    term *= ((hits - k) * (n1 - k)) / ((k + 1) * (rows - hits - n1 + k + 1));
    total += term;
  }
  return Math.min(1, 2 * total);
}

const angle = (share: number): number => 2 * Math.asin(Math.sqrt(Math.min(1, Math.max(0, share))));
/** Rounded to a whole number: half, and what a float32 on the way made of it, goes up. */
const whole = (v: number): number => Math.floor(v + 0.5 + 1e-4);

function wilson(share: number, n: number): [number, number] {
  const grown = 1 + (Z * Z) / n;
  const centre = (share + (Z * Z) / (2 * n)) / grown;
  const half = (Z / grown) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  return [Math.min(centre - half, share), Math.max(centre + half, share)];
}

/** Cohen's h, its interval by Newcombe's method, Fisher's exact test. */
export function compareShares(a: Side, b: Side): Compared {
  const d = angle(a.mean) - angle(b.mean);
  const [low1, high1] = wilson(a.mean, a.n);
  const [low0, high0] = wilson(b.mean, b.n);
  const expected = a.expected === null || b.expected === null ? null : angle(a.expected) - angle(b.expected);
  const [n1, n0] = [whole(a.n), whole(b.n)];
  return {
    d, expected,
    low: d - Math.hypot(angle(a.mean) - angle(low1), angle(high0) - angle(b.mean)),
    high: d + Math.hypot(angle(high1) - angle(a.mean), angle(b.mean) - angle(low0)),
    p: fisher(whole(a.mean * n1), n1, whole(b.mean * n0), n0),
    beyond: expected === null ? 1 : pOf((d - expected) / Math.sqrt(1 / a.n + 1 / b.n)),
  };
}

/** The difference over the pooled deviation, and the more cautious of Welch's and Student's tests. */
export function compareMeans(a: Side, b: Side): Compared {
  const rows = a.n + b.n;
  const pooled = Math.sqrt(((a.n - 1) * a.variance + (b.n - 1) * b.variance) / (rows - 2));
  const [part1, part0] = [a.variance / a.n, b.variance / b.n];
  const freedom = (part1 + part0) ** 2 / (part1 ** 2 / (a.n - 1) + part0 ** 2 / (b.n - 1));
  const tests = [[Math.sqrt(part1 + part0), freedom], [pooled * Math.sqrt(1 / a.n + 1 / b.n), rows - 2]] as const;
  const least = leastP(a, b);
  const p = (gap: number): number => Math.min(1, Math.max(least, ...tests.map(([se, df]) => studentP(gap / se, df))));
  const gap = a.mean - b.mean;
  const d = gap / pooled;
  const wide = Math.max(...tests.map(([se, df]) => studentQuantile(df) * Math.hypot(se / pooled, d / Math.sqrt(2 * rows))));
  const expected = a.expected === null || b.expected === null ? null : a.expected - b.expected;
  return {
    d, low: d - wide, high: d + wide, p: p(gap), expected: expected === null ? null : expected / pooled,
    beyond: expected === null ? 1 : p(gap - expected),
  };
}

/** No test is below the most telling deal of the rows, or below what Cantelli leaves to a constant side. */
function leastP(a: Side, b: Side): number {
  let least = Math.exp(Math.log(2) + logGamma(a.n + 1) + logGamma(b.n + 1) - logGamma(a.n + b.n + 1));
  for (const [fixed, other] of [[a, b], [b, a]] as const) {
    if (fixed.variance === 0) least = Math.max(least, 2 * (1 + (a.mean - b.mean) ** 2 / other.variance) ** -fixed.n);
  }
  return least;
}
