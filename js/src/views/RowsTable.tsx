import type { ComponentChildren } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { fixed, integer, value } from "../format.ts";
import type { Known, Pages, Row } from "../pages.ts";
import { heightOf } from "../scroll.ts";
import { usePanel } from "../state/view.ts";
import type { Column, Format, Value } from "../types.ts";
import { askReplay } from "./Replay.tsx";
import { useRowsWindow } from "./rowsWindow.ts";
import { Text } from "./Text.tsx";

/** The head, and the scrollbar below the rows. */
const HEAD = 30 + 16;
/** Of a letter, and around the text of a cell, in px. */
const LETTER = 7;
const AROUND = 20;
const WIDEST = 28;
/** The button after the id of a row, in px. */
const REPLAY = 50;
/** Columns that every table begins with. */
const [ROW_ID, PREDICTED, SCORE] = [0, 2, 3];

/** A window of the rows in a real table; ticks are the one tab stop of the body. */
export function RowsTable({ pages, known }: { pages: Pages; known: Known }) {
  const panel = usePanel();
  const { py } = panel;
  const { columns, total } = known;
  const stale = pages.stale.value;
  // Predictions without a report have no model to walk a row through.
  const replays = panel.wire.live && py.report.value !== null;
  const widths = useWidths(known, replays ? REPLAY : 0);
  const w = useRowsWindow(total, widths, stale);
  const selected = useMemo(() => new Set(py.selected.value), [py.selected.value]);
  const [from, to] = w.rows;
  const [left, right] = w.columns;
  useEffect(() => pages.need(Math.floor(w.top), Math.ceil(w.top) + w.seen), [from, to, known]);

  const toggle = (which: number[], on: boolean): void => {
    const next = new Set(py.selected.peek());
    for (const p of which) on ? next.add(p) : next.delete(p);
    py.setSelected([...next].sort((a, b) => a - b));
  };
  const sum = (a: number, b: number): number => widths.slice(a, b).reduce((x, y) => x + y, 0);
  const wide = sum(0, widths.length);
  const drawn = columns.slice(left + 1, right + 1);
  const lines = Array.from({ length: to - from }, (_, i) => ({ index: from + i, row: known.row(from + i) }));
  const inView = lines.flatMap(({ index, row }) => (row && index >= w.top && index + 1 <= w.top + w.seen ? [row.position] : []));
  return (
    <div class="lw-scroll-rows" ref={w.box} tabIndex={-1} role="group" aria-label="Rows, scrollable"
      style={{ height: `${w.extent.room + HEAD}px` }} onScroll={w.onScroll} onKeyDown={w.onKeyDown}>
      <div style={{ height: `${heightOf(w.extent) + HEAD}px`, width: `max(100%, ${wide}px)` }}>
        <table class={`lw-table lw-rows-table${stale ? " lw-busy" : ""}`} aria-label="Rows" aria-rowcount={total + 1} aria-colcount={columns.length}
          style={{ top: `${w.offset}px` }}>
          <colgroup>
            <col style={{ width: `${widths[0]}px` }} />
            <col style={{ width: `${sum(1, left + 1)}px` }} />
            {drawn.map((_, i) => <col key={left + i} style={{ width: `${widths[left + 1 + i]}px` }} />)}
            <col style={{ width: `${sum(right + 1, widths.length)}px` }} />
          </colgroup>
          <thead>
            <tr aria-rowindex={1}>
              <Head column={columns[0]} index={0}>
                <input type="checkbox" class="lw-check" aria-label="Select the rows in view" onChange={(e) => toggle(inView, e.currentTarget.checked)}
                  checked={inView.length > 0 && inView.every((p) => selected.has(p))} />
              </Head>
              <td aria-hidden="true" />
              {drawn.map((c, i) => <Head key={left + i} column={c} index={left + 1 + i} />)}
              <td aria-hidden="true" />
            </tr>
          </thead>
          <tbody>
            {lines.map(({ index, row }) => {
              const on = row !== null && selected.has(row.position);
              return (
                <tr key={index} class={on ? "lw-selected" : ""} aria-rowindex={index + 2}>
                  <th scope="row" aria-colindex={1}>
                    <div class="lw-row-id">
                    <label class="lw-row-id">
                      <input type="checkbox" class="lw-check" data-row={index} tabIndex={index === w.stop ? 0 : -1} checked={on} aria-disabled={!row}
                        aria-label={row ? `Select row ${row.values[ROW_ID]}` : `Row ${integer(index + 1)} is on its way`}
                        onFocus={() => { w.active.value = index; }}
                        onChange={(e) => { if (row) toggle([row.position], e.currentTarget.checked); else e.currentTarget.checked = false; }} />
                      <Text text={row ? String(row.values[ROW_ID] ?? "–") : "…"} max={24} class="lw-mono" />
                    </label>
                    {replays && row && (
                      <button type="button" class="lw-link lw-small" aria-label={`Replay row ${row.values[ROW_ID]}`} tabIndex={index === w.stop ? 0 : -1}
                        onClick={() => askReplay(panel, { source: "validation", position: row.position })}>replay</button>
                    )}
                    </div>
                  </th>
                  <td aria-hidden="true" />
                  {drawn.map((c, i) => <Cell key={left + i} row={row} column={c} index={left + 1 + i} width={widths[left + 1 + i] ?? 0} />)}
                  <td aria-hidden="true" />
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** Of the first rows, as long as the columns are the same: a window that moves must not make them dance. */
function useWidths(known: Known, lead: number): number[] {
  const kept = useRef({ names: "", widths: [] as number[] });
  const names = JSON.stringify([lead, ...known.columns.map((c) => c.name)]);
  if (kept.current.names !== names) {
    const rows = Array.from({ length: 40 }, (_, i) => known.row(i)).filter((r): r is Row => r !== null);
    kept.current = {
      names,
      widths: known.columns.map((c, i) => {
        const letters = Math.max(c.name.length + 2, ...rows.map((r) => value(r.values[i], c.format).length));
        const more = i === ROW_ID ? 32 + lead : i === SCORE ? 60 : i === PREDICTED ? 24 : 0;
        return AROUND + more + LETTER * Math.min(WIDEST, letters);
      }),
    };
  }
  return kept.current.widths;
}

function Head({ column, index, children }: { column: Column | undefined; index: number; children?: ComponentChildren }) {
  const { view } = usePanel();
  const sort = view.sort.value;
  const direction = sort?.[0] === index ? sort[1] : null;
  const order = (): void => { view.sort.value = !direction ? [index, "asc"] : direction === "asc" ? [index, "desc"] : null; };
  return (
    <th scope="col" class={numeric(column?.format) ? "lw-num" : ""} aria-colindex={index + 1}
      aria-sort={direction ? (direction === "asc" ? "ascending" : "descending") : "none"}>
      {children}
      <button type="button" class="lw-sort" onClick={order}>
        <Text text={column?.name ?? ""} max={WIDEST} /><span aria-hidden="true">{direction ? (direction === "asc" ? " ↑" : " ↓") : ""}</span>
      </button>
    </th>
  );
}

function Cell({ row, column, index, width }: { row: Row | null; column: Column; index: number; width: number }) {
  const v = row?.values[index];
  const wrong = row !== null && row.values[1] !== row.values[PREDICTED];
  const max = Math.max(4, Math.floor((width - AROUND) / LETTER) + 1);
  if (!row) return <td aria-colindex={index + 1} />;
  if (index === PREDICTED) {
    return (
      <td aria-colindex={index + 1}><span class={wrong ? "lw-pill lw-pill-wrong" : "lw-pill"}>
        {wrong && <span title="wrong">≠ </span>}<Text text={value(v, "text")} max={max} />
      </span></td>
    );
  }
  return (
    <td class={numeric(column.format) ? "lw-num" : ""} aria-colindex={index + 1}>
      {index === SCORE && typeof v === "number" ? <Score v={v} wrong={wrong} /> : <Text text={value(v as Value, column.format)} max={max} />}
    </td>
  );
}

const numeric = (f: Format | undefined): boolean => f !== undefined && f !== "text" && f !== "code";

function Score({ v, wrong }: { v: number; wrong: boolean }) {
  const heat = Math.min(1, Math.max(0, v)).toFixed(3);
  return <><span class={wrong ? "lw-meter lw-meter-wrong" : "lw-meter"} aria-hidden="true" style={{ "--lw-heat": heat }} /> {fixed(v, 3)}</>;
}
