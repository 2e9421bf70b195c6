import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { codeOf } from "../code.ts";
import { ALL } from "../cube.ts";
import { edge, fixed, integer } from "../format.ts";
import { expectedErrors } from "../kinds.ts";
import { usePanel } from "../state/view.ts";
import { indexIn, textOf } from "../subgroups.ts";
import { bandText, cellText, classWords, share } from "../words.ts";
import { CopyButton } from "./Copy.tsx";
import { Text } from "./Text.tsx";
import { Undo } from "./Undo.tsx";

interface Part {
  text: string;
  /** What its button does; null for a part that cannot go. */
  what: string | null;
  clear(): void;
}

/** The selection in words, each part removable; undo; and the selection as code. */
export function Breadcrumb() {
  const { py } = usePanel();
  const box = useRef<HTMLDivElement>(null);
  const parts = useParts();
  const summary = useSummary();
  const rows = `${integer(py.base.value?.errors.n_rows ?? 0)} validation rows`;
  useSaid([rows, ...parts.map((p) => p.text)].join(", "), summary);
  // The chip goes when it is used: the focus stays here.
  const drop = (...clear: (() => void)[]) => (): void => {
    for (const act of clear) act();
    box.current?.focus();
  };
  const removable = parts.filter((p) => p.what !== null);
  return (
    <div class="lw-crumb" ref={box} tabIndex={-1} role="group" aria-label="Selection">
      <div class="lw-beside">
        <ul class="lw-crumb-chips">
          <li><b>{rows}</b></li>
          {parts.map(({ text, what, clear }) => (
            <Step key={what ?? text}>
              {what === null
                ? <span class="lw-chip lw-chip-still">{text}</span>
                : (
                  <button type="button" class="lw-chip lw-beside" aria-label={`${text}: ${what}`} title={what} onClick={drop(clear)}>
                    <b class="lw-cut"><Text text={text} max={64} /></b><span aria-hidden="true">×</span>
                  </button>
                )}
            </Step>
          ))}
          {removable.length > 1 && (
            <li><button type="button" class="lw-link" onClick={drop(...removable.map((p) => p.clear))}>Clear all</button></li>
          )}
        </ul>
        <Undo />
      </div>
      <p class="lw-crumb-sum">{summary}</p>
      <AsCode />
    </div>
  );
}

const Step = ({ children }: { children: ComponentChildren }) =>
  <li class="lw-beside"><span class="lw-muted" aria-hidden="true">›</span>{children}</li>;

function useParts(): Part[] {
  const { py, explore } = usePanel();
  const errors = py.base.value?.errors;
  if (!errors) return [];
  const { cell, band, threshold, slice } = explore.selection.value;
  const inUse = errors.threshold;
  const parts: Part[] = [];
  if (cell) parts.push({ text: cellText(errors, cell), what: "Clear the cell", clear: () => py.setCell(null) });
  if (explore.banded.value) {
    parts.push({ text: bandText(band, explore.lowest.value), what: "Clear the band", clear: () => py.setBand(ALL) });
  }
  if (slice) parts.push({ text: textOf(py.subgroups.value, slice), what: "Clear the subgroup", clear: () => py.setSlice(null) });
  if (threshold !== null) {
    const moved = inUse !== null && threshold !== inUse;
    parts.push({
      text: `threshold ${edge(threshold)}`, what: moved ? `Back to the threshold in use, ${edge(inUse)}` : null,
      clear: () => { if (inUse !== null) py.setThreshold(inUse); },
    });
  }
  return parts;
}

/** Tells the one live region where a change came to rest. */
function useSaid(selected: string, summary: string): void {
  const { view } = usePanel();
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    const timer = setTimeout(() => view.say(`${selected}. ${summary}`), 500);
    return () => clearTimeout(timer);
  }, [selected, summary]);
}

function useSummary(): string {
  const { py, explore } = usePanel();
  const sum = explore.summary.value;
  const cube = py.cube.value;
  if (!sum || !cube) return "";
  const cell = explore.cell.value;
  const parts = cell
    ? [`${integer(sum.rows)} of ${integer(sum.of)} ${classWords(cube.errors, cell[0])} (${share(sum.rows, sum.of)})`]
    : [`${integer(sum.of)} rows, ${integer(sum.rows)} of them wrong (${share(sum.rows, sum.of)})`];
  if (sum.confidence !== null && sum.rows > 0) {
    parts.push(`mean confidence${cell ? "" : " of the wrong"} ${fixed(sum.confidence, 2)}`);
  }
  const expected = expectedErrors(cube, cell, py.band.value, explore.threshold.value);
  if (expected !== null) parts.push(`its own probabilities predict ${integer(expected)}${cell ? "" : " wrong"}`);
  if (cube.errors.weighted) parts.push("counts are sums of weights");
  if (!cube.errors.probabilities) parts.push("scores are not probabilities");
  return parts.join(" · ");
}

function AsCode() {
  const { py, explore } = usePanel();
  const open = useSignal(false);
  const errors = py.base.value?.errors;
  if (!errors) return null;
  const found = py.subgroups.value;
  const selection = explore.selection.value;
  const code = open.value ? codeOf(errors, selection, found?.items[indexIn(found, selection.slice)] ?? null) : "";
  return (
    <details class="lw-why" open={open.value} onToggle={(e) => { open.value = e.currentTarget.open; }}>
      <summary class="lw-muted">Copy as code</summary>
      {open.value && (
        <>
          <p class="lw-foot lw-muted">
            <CopyButton text={code} label="Copy code" />
            <span>The rows of this selection from your own variables, as <code class="lw-mono">panel.selection</code> gives them.</span>
          </p>
          <pre class="lw-code" tabIndex={0} role="group" aria-label="Code of this selection"><code>{code}</code></pre>
        </>
      )}
    </details>
  );
}
