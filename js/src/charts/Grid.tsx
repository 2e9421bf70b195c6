/** A table that scrolls where it must; the first cell heads its row. */
import type { ComponentChildren } from "preact";

interface Props {
  /** The table's own name; without one its caption names it. */
  name?: string;
  /** What the part that scrolls is called. */
  group: string;
  caption?: string;
  columns: readonly ComponentChildren[];
  rows: readonly (readonly ComponentChildren[])[];
  /** Class of a column and of a row. */
  side(column: number): string;
  line?: (row: number) => string;
  /** Whether the first cell is a value like the others. */
  headless?: boolean;
  tall?: boolean;
  evidence?: boolean;
  foot?: ComponentChildren;
}

export function Grid({ name, group, caption, columns, rows, side, line, headless, tall, evidence, foot }: Props) {
  return (
    <div class={tall ? "lw-scroll lw-scroll-tall" : "lw-scroll"} tabIndex={0} role="group" aria-label={group}>
      <table class={evidence ? "lw-table lw-evidence" : "lw-table"} aria-label={name}>
        {caption && <caption><bdi>{caption}</bdi></caption>}
        <thead><tr>{columns.map((c, i) => <th key={i} scope="col" class={side(i)}>{c}</th>)}</tr></thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r} class={line?.(r)}>
              {row.map((cell, i) => (i || headless
                ? <td key={i} class={side(i)}>{cell}</td>
                : <th key={i} scope="row" class={side(i)}>{cell}</th>))}
            </tr>
          ))}
        </tbody>
        {foot && <tfoot><tr><td colSpan={columns.length} class="lw-muted">{foot}</td></tr></tfoot>}
      </table>
    </div>
  );
}

/** The class of columns that hold numbers, all but the first. */
export const numbers = (column: number): string => (column ? "lw-num" : "");
