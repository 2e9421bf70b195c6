import { integer } from "../format.ts";
import { usePanel } from "../state/view.ts";
import type { Cell } from "../types.ts";
import { cellName } from "../words.ts";
import { Text } from "./Text.tsx";

/** The confusion matrix, as buttons in a real table. Shares are of the actual class inside the band. */
export function Confusion() {
  const { py, view, explore } = usePanel();
  const cube = py.cube.value;
  if (!cube) return null;
  const { classes, kind } = cube.errors;
  const k = classes.length;
  const m = explore.matrix.value;
  const chosen = explore.cell.value;
  const title = explore.banded.value ? "Confusion inside the band" : "Confusion";
  const small = k > 4;
  const of = (a: number): number => order.reduce((t, p) => t + (m[a * k + p] ?? 0), 0);
  const order = classes.map((_, i) => i);
  const max = small ? 10 : 14;
  const worst = Math.max(0.01, ...order.flatMap((a) => order.map((p) => (a === p || !of(a) ? 0 : (m[a * k + p] ?? 0) / of(a)))));
  const toggle = (cell: Cell, pressed: boolean): void => py.setCell(pressed ? null : cell);
  return (
    <div class="lw-confusion">
      <h4 class="lw-head" id={`${view.uid}-confusion`}>{title}</h4>
      <div class="lw-scroll">
        <table class={small ? "lw-matrix lw-matrix-small" : "lw-matrix"} aria-labelledby={`${view.uid}-confusion`}>
          <thead>
            <tr>
              <td class="lw-corner lw-muted lw-nowrap">{small && "actual ↓ predicted →"}</td>
              {order.map((p) => <th key={p} scope="col"><span class="lw-muted">predicted</span> <Text text={classes[p] ?? ""} max={max} /></th>)}
            </tr>
          </thead>
          <tbody>
            {order.map((a) => {
              const all = of(a);
              return (
                <tr key={a}>
                  <th scope="row"><span class="lw-muted">actual</span> <Text text={classes[a] ?? ""} max={max} /></th>
                  {order.map((p) => {
                    const n = m[a * k + p] ?? 0;
                    const pressed = chosen !== null && chosen[0] === a && chosen[1] === p;
                    const heat = all ? n / all : 0;
                    const name = cellName(cube.errors, [a, p], n, all);
                    return (
                      <td key={p}>
                        <button type="button" class={`lw-cell ${a === p ? "lw-cell-right" : "lw-cell-wrong"}`}
                          aria-pressed={pressed} aria-label={name} title={name}
                          style={kind === "multiclass" ? { "--lw-heat": (a === p ? heat : heat / worst).toFixed(3) } : undefined}
                          onClick={() => toggle([a, p], pressed)}>
                          <b class={n ? "" : "lw-thin lw-muted"}>{integer(n)}</b>
                        </button>
                        {/* Beside the button for the same reason as the headlines of the ladder; the name says it. */}
                        <small aria-hidden="true">{all ? `${Math.round(heat * 100)} %` : "–"}</small>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <p class="lw-muted lw-small">Shares are of the actual class{explore.banded.value ? " inside the band" : ""}.</p>
    </div>
  );
}
