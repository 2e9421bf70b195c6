/** A confusion matrix, or a window of it, as buttons in a real table. */
import { useMemo } from "preact/hooks";
import { integer } from "../format.ts";
import { type Matrix as Numbers, othersOf, type Shares, totalsOf, type View } from "../matrix.ts";
import { tellApart } from "../names.ts";
import { usePanel } from "../state/view.ts";
import type { Errors } from "../types.ts";
import { cellName } from "../words.ts";
import { Text } from "./Text.tsx";

interface Props {
  errors: Errors;
  m: Numbers;
  shares: Shares;
  view: View;
  labelledBy: string;
}

export function Matrix({ errors, m, shares, view: { actual, predicted }, labelledBy }: Props) {
  const { py, explore } = usePanel();
  const { classes, kind } = errors;
  const k = classes.length;
  const small = predicted.length > 4;
  const { heads, sides } = useMemo(
    () => ({ heads: tellApart(classes, small ? 12 : 14), sides: tellApart(classes, small ? 16 : 14) }), [classes, small],
  );
  const totals = totalsOf(m, k);
  const n = (a: number, p: number): number => m[a * k + p] ?? 0;
  const of = (a: number, p: number): number => (shares === "predicted" ? totals.predicted[p] : totals.actual[a]) ?? 0;
  // Counts glow against the largest of their kind, shares of right answers against one.
  const size = (a: number, p: number): number => (shares === "counts" ? n(a, p) : n(a, p) / (of(a, p) || 1));
  const largest = (right: boolean): number => {
    let most = shares === "counts" ? 1 : 0.01;
    for (const a of actual) for (const p of predicted) if ((a === p) === right) most = Math.max(most, size(a, p));
    return most;
  };
  const top = { right: shares === "counts" ? largest(true) : 1, wrong: largest(false) };
  const partial = actual.length < k || predicted.length < k;
  const others = partial ? othersOf(m, k, { actual, predicted }) : null;
  const other = (count: number, key?: number) => <td key={key} class="lw-cell-other lw-muted">{integer(count)}</td>;
  const chosen = explore.cell.value;

  const cell = (a: number, p: number) => {
    const count = n(a, p);
    const pressed = chosen !== null && chosen[0] === a && chosen[1] === p;
    const name = cellName(errors, [a, p], count, totals.actual[a] ?? 0);
    const heat = size(a, p) / (a === p ? top.right : top.wrong);
    return (
      <td key={p}>
        <button type="button" class={`lw-cell${a === p ? "" : " lw-cell-wrong"}`} aria-pressed={pressed} aria-label={name} title={name}
          style={kind === "multiclass" ? { "--lw-heat": heat.toFixed(3) } : undefined}
          onClick={() => py.setCell(pressed ? null : [a, p])}>
          <b class={count ? "" : "lw-thin lw-muted"}>{integer(count)}</b>
        </button>
        {/* Beside the button for the same reason as the headlines of the ladder; the name says it. */}
        {shares !== "counts" && <small aria-hidden="true">{of(a, p) ? `${Math.round((count / of(a, p)) * 100)} %` : "–"}</small>}
      </td>
    );
  };
  return (
    <div class="lw-scroll">
      <table class={`lw-matrix${small ? " lw-matrix-small" : ""}${shares === "counts" ? " lw-matrix-bare" : ""}`} aria-labelledby={labelledBy}
        style={small ? { minWidth: `${118 + 43 * (predicted.length + 1)}px` } : undefined}>
        <thead>
          <tr>
            <td class="lw-corner lw-muted lw-nowrap">{small && "actual ↓ predicted →"}</td>
            {predicted.map((p) => <th key={p} scope="col" title={classes[p]}><span class="lw-muted">predicted</span> <Text text={classes[p] ?? ""} short={heads[p]} /></th>)}
            {others && <th key="other" scope="col" class="lw-cell-other">other</th>}
          </tr>
        </thead>
        <tbody>
          {actual.map((a, i) => (
            <tr key={a}>
              <th scope="row" title={classes[a]}><span class="lw-muted">actual</span> <Text text={classes[a] ?? ""} short={sides[a]} /></th>
              {predicted.map((p) => cell(a, p))}
              {others && other(others.right[i] ?? 0)}
            </tr>
          ))}
          {others && (
            <tr key="other">
              <th scope="row" class="lw-cell-other">other</th>
              {predicted.map((p, i) => other(others.below[i] ?? 0, p))}
              {other(others.corner)}
            </tr>
          )}
        </tbody>
      </table>
    </div>
  );
}
