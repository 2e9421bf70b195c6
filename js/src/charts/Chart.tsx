/** A picture with a title, a description and the same numbers as a table. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

export interface TableView {
  columns: string[];
  rows: (string | null)[][];
}
interface Props {
  title: ComponentChildren;
  /** The title in plain words, for the table and its button. */
  name: string;
  table: () => TableView;
  controls?: ComponentChildren;
  /** Keep the picture (and its handles) beside the table. */
  keep?: boolean;
  children: ComponentChildren;
}

export function Chart({ title, name, table, controls, keep = false, children }: Props) {
  const asTable = useSignal(false);
  return (
    <div class="lw-chart">
      <div class="lw-chart-head lw-flow">
        <h4 class="lw-head">{title}</h4>
        {controls}
        <button type="button" class="lw-link lw-small" aria-pressed={asTable.value} aria-label={`${name}: as table`}
          onClick={() => { asTable.value = !asTable.value; }}>as table</button>
      </div>
      {(keep || !asTable.value) && children}
      {asTable.value && <ChartTable name={name} view={table()} />}
    </div>
  );
}

/** Numbers as a table that scrolls where it must. */
export function ChartTable({ name, view }: { name: string; view: TableView }) {
  return (
    <div class="lw-scroll lw-scroll-tall" tabIndex={0} role="group" aria-label={`${name}, table`}>
      <table class="lw-table" aria-label={name}>
        <thead><tr>{view.columns.map((c, i) => <th key={c} scope="col" class={i ? "lw-num" : ""}>{c}</th>)}</tr></thead>
        <tbody>
          {view.rows.map((row, r) => (
            <tr key={r}>
              {row.map((cell, i) => (i === 0
                ? <th key={i} scope="row"><bdi>{cell}</bdi></th>
                : <td key={i} class="lw-num">{cell ?? "–"}</td>))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
