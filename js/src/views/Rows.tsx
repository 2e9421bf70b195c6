import { untracked, useSignalEffect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { createPages, type Pages } from "../pages.ts";
import { download } from "../download.ts";
import { integer } from "../format.ts";
import { usePanel } from "../state/view.ts";
import { Superseded, words } from "../wire.ts";
import { Replay } from "./Replay.tsx";
import { RowsTable } from "./RowsTable.tsx";

/** The rows behind the selection, or suspects; asked for a page at a time while this is open. */
export function Rows() {
  const { wire, py, view, explore } = usePanel();
  const pages = useMemo(createPages, []);
  useEffect(() => () => pages.close(), [pages]);
  // Not in the drawing: a drag passes many selections, and only where it ends is asked for.
  useSignalEffect(() => {
    if (!view.rowsOpen.value || py.dragging.value || !py.base.value) return;
    const { cell, band, threshold, slice } = explore.selection.value;
    const pick = view.pick.value;
    const sort = view.sort.value;
    untracked(() => pages.ask((offset, limit) => wire.request("rows", { cell, band, threshold, slice, pick, offset, limit, sort })));
  });
  const open = view.rowsOpen.value;
  const selected = py.selected.value.length;
  return (
    <details class="lw-rows lw-disclosure" open={open}
      onToggle={(e) => { view.rowsOpen.value = e.currentTarget.open; }}>
      <summary><b>Rows</b> <span class="lw-muted">{selected ? `${integer(selected)} selected` : "behind this selection"}</span></summary>
      {open && (
        <>
          <Picked />
          <Body pages={pages} />
          <Replay source="validation" />
        </>
      )}
    </details>
  );
}

const PICKS = {
  "label-issues": ["Suspected label errors", "label_issues"],
  "opposite-duplicates": ["Near-duplicates with opposite labels", "opposite_duplicates"],
} as const;

/** Which set is shown when it is not the selection, and the way back. */
function Picked() {
  const { py, view } = usePanel();
  const pick = view.pick.value;
  if (!pick) return null;
  const [title, key] = PICKS[pick];
  const known = py.suspects.value?.[key];
  return (
    <div class="lw-banner lw-flow">
      <span><b>{title}</b>{known && ` (${integer(known.total)})`}, whatever the cell and the band. {known && <bdi>{known.note}</bdi>}</span>
      <button type="button" class="lw-link" onClick={(e) => {
        (e.currentTarget.closest("details")?.firstElementChild as HTMLElement | null)?.focus(); // the button is about to go
        view.pick.value = null;
      }}>Back to the selection</button>
    </div>
  );
}

function Body({ pages }: { pages: Pages }) {
  const { wire } = usePanel();
  const known = pages.known.value;
  const failed = pages.failed.value;
  return (
    <div aria-busy={pages.busy.value}>
      {failed && (
        <p class="lw-note lw-muted lw-any" role="alert">
          <bdi>{failed}</bdi>{" "}
          {wire.live && <button type="button" class="lw-button" onClick={() => pages.retry()}>Try again</button>}
        </p>
      )}
      {!known && !failed && <p class="lw-muted">Asking the kernel for the rows. It answers when no cell is running.</p>}
      {known && (known.total ? <RowsTable pages={pages} known={known} /> : <p>No rows in this cell and band.</p>)}
      {known && known.total > 0 && <Foot total={known.total} note={known.note} />}
    </div>
  );
}

function Foot({ total, note }: { total: number; note: string }) {
  const { wire, py, view, explore } = usePanel();
  const selected = py.selected.value.length;
  const save = (): void => {
    view.trouble.value = "";
    const { band, threshold, cell, slice } = explore.selection.peek();
    wire.request("export", { cell, band, threshold, slice, pick: view.pick.peek() }).then(({ csv, rows, total: all }) => {
      download("rows.csv", csv, "text/csv");
      view.say(rows < all ? `Saved the first ${integer(rows)} of ${integer(all)} rows` : `Saved ${integer(rows)} rows`);
    }, (e: unknown) => {
      if (!(e instanceof Superseded)) view.trouble.value = `Not saved: ${words(e)}`;
    });
  };
  return (
    <div class="lw-foot lw-muted">
      <span>{integer(total)} rows{note && <> · <bdi>{note}</bdi></>}</span>
      {wire.live && <button type="button" class="lw-button" onClick={save}>Download CSV</button>}
      {selected > 0 && (
        <>
          <span>{integer(selected)} selected · <code class="lw-mono">panel.selection</code> holds them</span>
          <button type="button" class="lw-link" onClick={() => py.setSelected([])}>Clear</button>
        </>
      )}
    </div>
  );
}
