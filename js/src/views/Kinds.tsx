import { fixed, integer, percent } from "../format.ts";
import { kindsOf, SURE, UNSURE } from "../kinds.ts";
import { usePanel } from "../state/view.ts";
import { cellText } from "../words.ts";
import { Text } from "./Text.tsx";

const FIRST = 12;
const COLUMNS = [
  ["rows", "errors of this kind"], ["share", "of all errors"], ["confidence", "mean confidence"],
  ["expected", "errors of this kind if the model's probabilities were right"],
  ["unsure", `confidence below ${UNSURE}`], ["sure", `confidence of ${SURE} or more`],
] as const;

/** Each kind of error and how sure the model was of it. */
export function Kinds() {
  const { py, explore } = usePanel();
  const cube = py.cube.value;
  if (!cube) return null;
  const kinds = kindsOf(cube, py.band.value, explore.threshold.value);
  if (!kinds.length) return <p class="lw-muted">No row is wrong here.</p>;
  const two = (v: number | null): string => (v === null ? "–" : fixed(v, 2));
  return (
    <div class="lw-scroll" tabIndex={0} role="group" aria-label="Kinds of errors, table">
      <table class="lw-table" aria-label="Kinds of errors">
        <thead>
          <tr>
            <th scope="col">kind</th>
            {COLUMNS.map(([name, what]) => <th key={name} scope="col" class="lw-num" title={what}>{name}</th>)}
            <th scope="col">reading</th>
          </tr>
        </thead>
        <tbody>
          {kinds.slice(0, FIRST).map((k) => (
            <tr key={k.cell.join()}>
              <th scope="row"><Text text={cellText(cube.errors, k.cell)} max={56} /></th>
              <td class="lw-num">{integer(k.rows)}</td>
              <td class="lw-num">{percent(k.share, 1)}</td>
              <td class="lw-num">{two(k.confidence)}</td>
              <td class="lw-num">{k.expected ? integer(k.expected.rows) : "–"}</td>
              <td class="lw-num">{percent(k.low, 0)}</td>
              <td class="lw-num">{percent(k.high, 0)}</td>
              <td>{k.reading}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {kinds.length > FIRST && <p class="lw-small lw-muted">The {FIRST} most frequent of {kinds.length} kinds.</p>}
    </div>
  );
}
