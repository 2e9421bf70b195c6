/** A picture with a title, a description and the same numbers as a table. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { Grid, numbers } from "./Grid.tsx";

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
export function ChartTable({ name, view: { columns, rows } }: { name: string; view: TableView }) {
  return <Grid tall name={name} group={`${name}, table`} side={numbers} columns={columns}
    rows={rows.map((row) => row.map((cell, i) => (i ? (cell ?? "–") : <bdi>{cell}</bdi>)))} />;
}
