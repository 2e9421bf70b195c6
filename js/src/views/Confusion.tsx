import { useEffect, useMemo, useRef } from "preact/hooks";
import { Heatmap } from "../charts/Heatmap.tsx";
import { integer, percent } from "../format.ts";
import { confusions, type Matrix as Numbers, type Order, orderOf, reach, search, type Shares, totalsOf, type View, WINDOW, withPartners } from "../matrix.ts";
import { type MatrixState, usePanel } from "../state/view.ts";
import type { Errors } from "../types.ts";
import { Matrix } from "./Matrix.tsx";
import { Text } from "./Text.tsx";

const SHARES: [Shares, string][] = [["counts", "counts"], ["actual", "of actual"], ["predicted", "of predicted"]];
const ORDERS: [Order, string][] = [["confused", "most confused first"], ["largest", "largest first"], ["given", "as given"]];
const LISTED = 6;

/** The confusion matrix in the band; of many classes a window, chosen on a map of all, by search or by the commonest confusions. */
export function Confusion() {
  const { py, view, explore } = usePanel();
  const cube = py.cube.value;
  if (!cube) return null;
  const { errors } = cube;
  const k = errors.classes.length;
  const m = explore.matrix.value;
  const id = `${view.uid}-confusion`;
  const { shares } = view.matrix.value;
  const inside = explore.banded.value ? " inside the band" : "";
  const said = { counts: "Numbers of rows", actual: "Shares are of the actual class", predicted: "Shares are of the predicted class" }[shares];
  const all = Array.from({ length: k }, (_, i) => i);
  return (
    <div class={k > WINDOW ? "lw-confusion lw-confusion-zoom" : "lw-confusion"}>
      <div class="lw-chart-head lw-flow">
        <h4 class="lw-head" id={id}>Confusion{inside}</h4>
        <div class="lw-segments" role="group" aria-label="What the matrix shows">
          {SHARES.map(([value, text]) => (
            <button key={value} type="button" class="lw-segment" aria-pressed={shares === value}
              onClick={() => { view.matrix.value = { ...view.matrix.peek(), shares: value }; }}>{text}</button>
          ))}
        </div>
      </div>
      {k > WINDOW
        ? <Zoomed errors={errors} m={m} labelledBy={id} />
        : <Matrix errors={errors} m={m} shares={shares} view={{ actual: all, predicted: all }} labelledBy={id} />}
      <p class="lw-muted lw-small">{said}{inside}.</p>
      {k > 2 && <Commonest errors={errors} m={m} />}
    </div>
  );
}

/** Where each class stands in the order of the view. Ordered by all rows, so that a drag of the band moves nothing. */
function useOrder(k: number): { order: number[]; place: number[] } {
  const { view, explore } = usePanel();
  const whole = explore.whole.value;
  const by = view.matrix.value.order;
  return useMemo(() => {
    const order = orderOf(whole, k, by);
    const place = new Array<number>(k).fill(0);
    order.forEach((c, i) => { place[c] = i; });
    return { order, place };
  }, [whole, k, by]);
}

function Zoomed({ errors, m, labelledBy }: { errors: Errors; m: Numbers; labelledBy: string }) {
  const { py, view, explore } = usePanel();
  const k = errors.classes.length;
  const { order, place } = useOrder(k);
  const state = view.matrix.value;
  const set = (change: Partial<MatrixState>): void => { view.matrix.value = { ...view.matrix.peek(), ...change }; };
  const chosen = explore.cell.value;
  // A cell chosen elsewhere comes into the window.
  useEffect(() => {
    if (!chosen) return;
    const { from: [r, c] } = view.matrix.peek();
    set({ from: [reach(r, place[chosen[0]] ?? 0, k), reach(c, place[chosen[1]] ?? 0, k)] });
  }, [chosen, state.order]);

  // The map is for finding one's way: it follows when a drag rests.
  const mapped = useRef(m);
  if (!py.dragging.value) mapped.current = m;
  const heat = useMemo(() => heatOf(mapped.current, order), [mapped.current, order]);
  const found = search(errors.classes, state.text);
  const searching = state.text.trim() !== "";
  const shown = withPartners(explore.whole.value, k, found);
  const [r, c] = state.from;
  const window: View = searching
    ? { actual: shown, predicted: shown }
    : { actual: order.slice(r, r + WINDOW), predicted: order.slice(c, c + WINDOW) };
  const text = searching
    ? `${found.length === 1 ? "1 class holds" : `${found.length} classes hold`} the text${found.length > WINDOW ? `, the first ${WINDOW} are shown` : ""}`
      + (found.length && shown.length > found.length ? `, beside the ${shown.length - found.length} most often confused with ${found.length === 1 ? "it" : "them"}` : "")
    : `Actual classes ${r + 1} to ${r + WINDOW} and predicted classes ${c + 1} to ${c + WINDOW} of ${k}`;
  const move = (row: number, column: number): void => {
    set({ from: [row, column], text: "" });
    view.say(`Actual classes ${row + 1} to ${row + WINDOW}, predicted ${column + 1} to ${column + WINDOW}`);
  };
  const id = `${view.uid}-window`;
  return (
    <div class="lw-zoom">
      <div class="lw-zoom-tools">
        <label class="lw-small">Search classes <input type="search" class="lw-select" value={state.text} onInput={(e) => set({ text: e.currentTarget.value })} /></label>
        <label class="lw-small">Order <select class="lw-select" value={state.order}
          onChange={(e) => set({ order: e.currentTarget.value as Order, from: [0, 0] })}>
          {ORDERS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}
        </select></label>
        <Heatmap name={`Map of all ${k} classes: arrows move the window`} describedBy={id} k={k} heat={heat}
          frame={searching ? null : [r, c, WINDOW]} chosen={chosen && [place[chosen[0]] ?? 0, place[chosen[1]] ?? 0]} move={move} />
        <p id={id} class="lw-muted lw-small">{text}.</p>
      </div>
      {window.actual.length > 0 && <Matrix errors={errors} m={m} shares={state.shares} view={window} labelledBy={labelledBy} />}
    </div>
  );
}

/** Shares of the actual class in the order of the map; the root makes the rare ones visible. */
function heatOf(m: Numbers, order: number[]): Float64Array {
  const k = order.length;
  const { actual } = totalsOf(m, k);
  const heat = new Float64Array(k * k);
  for (const [r, a] of order.entries()) {
    for (const [c, p] of order.entries()) {
      const share = (m[a * k + p] ?? 0) / ((actual[a] ?? 0) || 1);
      heat[r * k + c] = a === p ? share : -Math.sqrt(share);
    }
  }
  return heat;
}

/** The commonest confusions; each chooses its cell. */
function Commonest({ errors, m }: { errors: Errors; m: Numbers }) {
  const { py, explore } = usePanel();
  const k = errors.classes.length;
  const cells = confusions(m, k, LISTED);
  const { actual } = totalsOf(m, k);
  const chosen = explore.cell.value;
  if (!cells.length) return null;
  return (
    <div class="lw-commonest lw-flow lw-small" role="group" aria-label="Most frequent confusions">
      <span class="lw-muted">Most frequent:</span>
      {cells.map(([a, p]) => {
        const n = m[a * k + p] ?? 0;
        const pressed = chosen !== null && chosen[0] === a && chosen[1] === p;
        return (
          <button key={`${a} ${p}`} type="button" class="lw-chip" aria-pressed={pressed} onClick={() => py.setCell(pressed ? null : [a, p])}>
            <Text text={errors.classes[a] ?? ""} max={18} /> <span class="lw-muted">taken for</span> <Text text={errors.classes[p] ?? ""} max={18} />{" "}
            <b>{integer(n)}</b> <span class="lw-muted">{percent(n / (actual[a] || 1), 0)}</span>
          </button>
        );
      })}
    </div>
  );
}
