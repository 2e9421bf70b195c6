/** Numbers as text: thousands by comma, a minus that aligns, percents with a space. */
import type { Format, Value } from "./types.ts";

const cache = new Map<string, Intl.NumberFormat>();
function intl(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const f = cache.get(key) ?? new Intl.NumberFormat("en-US", options);
  cache.set(key, f);
  return f;
}
const minus = (text: string): string => text.replace("-", "\u2212");

export const integer = (n: number): string => minus(intl({ maximumFractionDigits: 0 }).format(n));
export const fixed = (n: number, digits: number): string =>
  minus(intl({ minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" }).format(n));
export const signed = (n: number, digits: number): string =>
  minus(intl({ minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "exceptZero" }).format(n));

/** An edge of the score axis: 0.50, 0.305. */
export const edge = (v: number): string => intl({ minimumFractionDigits: 2, maximumFractionDigits: 3 }).format(v);

/** 0.181 → "18.1 %", 0.18 → "18 %", 0.0004 → "0.04 %". */
export function percent(share: number, digits?: number): string {
  const p = share * 100;
  const most = digits ?? (p !== 0 && Math.abs(p) < 0.1 ? 2 : 1);
  return `${minus(intl({ minimumFractionDigits: digits ?? 0, maximumFractionDigits: most }).format(p))} %`;
}

/** Four significant digits at most; very large and very small ones in scientific notation. */
export function plain(n: number): string {
  const size = Math.abs(n);
  if (Number.isInteger(n) && size < 1e9) return integer(n);
  if (size >= 1e9 || size < 1e-4) return minus(n.toExponential(2));
  return minus(intl({ maximumSignificantDigits: size >= 1000 ? 6 : 4 }).format(n));
}

/** With the decimals that a quantity of this spread deserves. */
export function byScale(n: number, scale: number): string {
  if (!(scale > 0) || Math.abs(n) >= 1e9 || scale < 1e-5) return plain(n);
  return fixed(n, Math.min(6, Math.max(0, Math.ceil(1.3 - Math.log10(scale)))));
}

export function date(ms: number, scale = 864e5): string {
  const d = new Date(ms);
  if (Number.isNaN(d.getTime())) return plain(ms);
  return scale < 864e5 ? d.toISOString().slice(0, 16).replace("T", " ") : d.toISOString().slice(0, 10);
}

export function value(v: Value | undefined, format: Format): string {
  if (v === null || v === undefined) return "–";
  if (typeof v === "boolean") return v ? "yes" : "no";
  if (typeof v === "string") return v;
  if (format === "integer") return integer(v);
  if (format === "percent") return percent(v);
  if (format === "score") return fixed(v, 3);
  return plain(v);
}

export function seconds(s: number): string {
  if (s < 0.1) return `${Math.max(1, Math.round(s * 1000))} ms`;
  return s < 100 ? `${fixed(s, 1)} s` : `${integer(Math.floor(s / 60))} min ${Math.round(s % 60)} s`;
}
