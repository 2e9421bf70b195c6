import { useEffect, useRef } from "preact/hooks";
import { ALL } from "../cube.ts";
import { edge, fixed, integer } from "../format.ts";
import { usePanel } from "../state/view.ts";
import { cellWords, classWords, confidenceWords, share } from "../words.ts";
import { Text } from "./Text.tsx";

/** The selection in words, each part removable. */
export function Breadcrumb() {
  const { py, view, explore } = usePanel();
  const box = useRef<HTMLDivElement>(null);
  const cube = py.cube.value;
  const text = useSummary();
  const sentence = cube ? text : "";
  const first = useRef(true);
  useEffect(() => {
    if (first.current) {
      first.current = false;
      return;
    }
    const timer = setTimeout(() => view.say(sentence), 500);
    return () => clearTimeout(timer);
  }, [sentence]);
  if (!cube) return null;

  const cell = explore.cell.value;
  const [from, to] = py.band.value;
  const threshold = explore.threshold.value;
  const inUse = cube.errors.threshold;
  // The chip goes when it is used: the focus stays here.
  const drop = (act: () => void) => (): void => {
    act();
    box.current?.focus();
  };
  return (
    <div class="lw-crumb" ref={box} tabIndex={-1} role="group" aria-label="Selection">
      <div class="lw-crumb-chips">
        <span>Showing </span>
        {cell
          ? <Chip text={cellWords(cube.errors, cell).many} what="Clear the cell" act={drop(() => py.setCell(null))} />
          : <b>all rows</b>}
        <span> with </span>
        {explore.banded.value
          ? <><span>confidence </span><Chip text={bandText(from, to, explore.lowest.value)} what="Clear the band" act={drop(() => py.setBand(ALL))} /></>
          : <span>any confidence</span>}
        {threshold !== null && (
          <>
            <span> at threshold </span>
            {threshold === inUse || inUse === null
              ? <span class="lw-chip lw-chip-still">{edge(threshold)}</span>
              : <Chip text={edge(threshold)} what={`Back to the threshold in use, ${edge(inUse)}`} act={drop(() => py.setThreshold(inUse))} />}
          </>
        )}
      </div>
      <p class="lw-crumb-sum">{sentence}</p>
    </div>
  );
}

const bandText = (from: number, to: number, low: number): string => `${edge(Math.max(from, low))} to ${edge(to)}`;

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
    const words = confidenceWords(sum.confidence, !cell || cell[0] !== cell[1], cube.errors);
    parts.push(`mean confidence${cell ? "" : " of the wrong"} ${fixed(sum.confidence, 2)}${words && `: ${words}`}`);
  }
  if (!cube.errors.probabilities) parts.push("scores are not probabilities");
  return parts.join(" · ");
}

function Chip({ text, what, act }: { text: string; what: string; act: () => void }) {
  return (
    <button type="button" class="lw-chip" aria-label={`${text}: ${what}`} title={what} onClick={act}>
      <b><Text text={text} max={48} /></b> <span aria-hidden="true">×</span>
    </button>
  );
}
