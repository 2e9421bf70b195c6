import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { fixed, integer, value } from "../format.ts";
import { usePanel } from "../state/view.ts";
import type { RowsGiven, Value } from "../types.ts";
import { RemoteError, Superseded } from "../wire.ts";
import { Text } from "./Text.tsx";

const PAGE = 50;

/** The rows behind the selection, asked from the kernel a page at a time while this is open. */
export function Rows() {
  const { wire, py, view, explore } = usePanel();
  const given = useSignal<RowsGiven | null>(null);
  const busy = useSignal(false);
  const slow = useSignal(false);
  const failed = useSignal<string>("");
  const attempt = useSignal(0);
  const open = view.rowsOpen.value;
  const cell = explore.cell.value;
  const [from, to] = py.band.value;
  const threshold = explore.threshold.value;
  const slice = py.slice.value;
  const pick = view.pick.value;
  const selection = JSON.stringify([cell, from, to, threshold, slice, pick]);
  const before = useRef(selection);
  if (before.current !== selection) {
    before.current = selection;
    view.offset.value = 0;
  }
  const offset = view.offset.value;
  const sort = view.sort.value;

  useEffect(() => {
    if (!open) return;
    busy.value = true;
    slow.value = false;
    const late = setTimeout(() => { slow.value = true; }, 8000);
    const done = (): void => {
      clearTimeout(late);
      busy.value = false;
    };
    let current = true;
    // A drag passes many selections: only where it rests is asked for.
    const timer = setTimeout(() => {
      wire.request("rows", { cell, band: [from, to], threshold, slice, pick, offset, limit: PAGE, sort }).then((rows) => {
        if (!current) return;
        done();
        failed.value = "";
        given.value = rows;
      }, (e: unknown) => {
        if (!current || e instanceof Superseded) return;
        done();
        failed.value = e instanceof RemoteError || e instanceof Error ? e.message : String(e);
        given.value = null;
      });
    }, 150);
    return () => {
      current = false;
      clearTimeout(timer);
      clearTimeout(late);
    };
  }, [open, selection, offset, sort, attempt.value, py.cube.value]);

  return (
    <details class="lw-rows lw-disclosure" open={open}
      onToggle={(e) => { view.rowsOpen.value = e.currentTarget.open; }}>
      <summary><b>Rows</b> <span class="lw-muted">{summary(py.selected.value.length)}</span></summary>
      {open && (
        <div aria-busy={busy.value}>
          {failed.value && (
            <p class="lw-note lw-muted lw-any" role="alert">
              <bdi>{failed.value}</bdi>{" "}
              {wire.live && <button type="button" class="lw-button" onClick={() => { attempt.value++; }}>Try again</button>}
            </p>
          )}
          {!given.value && busy.value && (
            <p class="lw-muted">{slow.value ? "No answer from the kernel yet; it may be busy with another cell." : "Asking the kernel for the rows…"}</p>
          )}
          {given.value && <Table given={given.value} busy={busy.value} />}
        </div>
      )}
    </details>
  );
}

const summary = (selected: number): string => (selected ? `${integer(selected)} selected` : "behind this selection");

function Table({ given: { columns, rows, positions, total }, busy }: { given: RowsGiven; busy: boolean }) {
  const { py, view } = usePanel();
  const offset = view.offset.value;
  const sort = view.sort.value;
  const selected = new Set(py.selected.value);
  const all = positions.length > 0 && positions.every((p) => selected.has(p));
  const toggle = (which: number[], on: boolean): void => {
    const next = new Set(selected);
    for (const p of which) on ? next.add(p) : next.delete(p);
    py.setSelected([...next].sort((a, b) => a - b));
  };
  const order = (i: number): void => {
    const same = sort?.[0] === i;
    view.sort.value = !same ? [i, "asc"] : sort?.[1] === "asc" ? [i, "desc"] : null;
    view.offset.value = 0;
  };
  const page = (by: number): void => {
    const next = offset + by * PAGE;
    if (next >= 0 && next < total) view.offset.value = next;
  };
  if (!total) return <p>No rows in this cell and band.</p>;
  return (
    <>
      <div class="lw-scroll lw-scroll-rows" tabIndex={0} role="group" aria-label="Rows, scrollable">
        <table class={`lw-table lw-rows-table${busy ? " lw-busy" : ""}`} aria-label="Rows">
          <thead>
            <tr>
              {columns.map((c, i) => (
                <th key={i} scope="col" class={numeric(c.format) ? "lw-num" : ""}
                  aria-sort={sort?.[0] === i ? (sort[1] === "asc" ? "ascending" : "descending") : "none"}>
                  {i === 0 && (
                    <input type="checkbox" class="lw-check" aria-label="Select the rows of this page" checked={all}
                      onChange={(e) => toggle(positions, e.currentTarget.checked)} />
                  )}
                  <button type="button" class="lw-sort" onClick={() => order(i)}>
                    <Text text={c.name} max={28} /><span class="lw-sort-mark" aria-hidden="true">{sort?.[0] === i ? (sort[1] === "asc" ? " ↑" : " ↓") : ""}</span>
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, r) => {
              const at = positions[r] ?? -1;
              const wrong = row[1] !== row[2];
              return (
                <tr key={at} class={selected.has(at) ? "lw-selected" : ""}>
                  {row.map((v, i) => {
                    const c = columns[i];
                    if (i === 0) {
                      return (
                        <th key={i} scope="row">
                          <label class="lw-row-id">
                            <input type="checkbox" class="lw-check" checked={selected.has(at)} aria-label={`Select row ${v}`}
                              onChange={(e) => toggle([at], e.currentTarget.checked)} />
                            <Text text={String(v ?? "–")} max={24} class="lw-mono" />
                          </label>
                        </th>
                      );
                    }
                    if (i === 2) {
                      return (
                        <td key={i}><span class={wrong ? "lw-pill lw-pill-wrong" : "lw-pill"}>
                          {wrong && <span title="wrong">≠ </span>}<Text text={value(v, "text")} max={28} />
                        </span></td>
                      );
                    }
                    if (i === 3 && typeof v === "number") return <ScoreCell key={i} v={v} wrong={wrong} />;
                    return <td key={i} class={numeric(c?.format) ? "lw-num" : ""}><Text text={cellText(v, c?.format)} max={40} /></td>;
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      <div class="lw-foot lw-muted">
        <button type="button" class="lw-button" aria-disabled={offset === 0} onClick={() => page(-1)}>Previous</button>
        <span>{integer(offset + 1)} to {integer(Math.min(total, offset + rows.length))} of {integer(total)} rows</span>
        <button type="button" class="lw-button" aria-disabled={offset + PAGE >= total} onClick={() => page(1)}>Next</button>
        {selected.size > 0 && (
          <span>{integer(selected.size)} selected · <code class="lw-mono">panel.selection</code> holds them</span>
        )}
      </div>
    </>
  );
}

const numeric = (f: string | undefined): boolean => f !== undefined && f !== "text" && f !== "code";
const cellText = (v: Value, f: Parameters<typeof value>[1] = "text"): string => value(v, f);

function ScoreCell({ v, wrong }: { v: number; wrong: boolean }) {
  const heat = Math.min(1, Math.max(0, v)).toFixed(3);
  return (
    <td class="lw-num lw-nowrap">
      <span class={wrong ? "lw-meter lw-meter-wrong" : "lw-meter"} aria-hidden="true" style={{ "--lw-heat": heat }} /> {fixed(v, 3)}
    </td>
  );
}
