import { linear, useWidth } from "../charts/scale.ts";
import type { Signal } from "../contrast.ts";
import { byScale, date, fixed, integer, percent, signed } from "../format.ts";
import { usePanel } from "../state/view.ts";
import { cellWords } from "../words.ts";
import { Text } from "./Text.tsx";

const FIRST = 12;
const ROW = 26;

function mean(s: Signal, v: number): string {
  if (s.kind === "number") return byScale(v, s.scale);
  return s.kind === "datetime" ? date(v, s.scale) : percent(v, 1);
}

/** What sets the chosen cell apart from the rows of its class on the other side. */
export function Contrast() {
  const { py, view, explore } = usePanel();
  const [ref, width] = useWidth(900);
  const cube = py.cube.value;
  const subject = explore.subject.value;
  if (!cube) return null;
  if (!subject) {
    return <div class="lw-contrast" ref={ref}><p class="lw-muted">No row is wrong in this band: choose a cell of right answers, or a wider band.</p></div>;
  }
  const words = cellWords(cube.errors, subject);
  const found = explore.contrast.value;
  const signals = found?.signals ?? [];
  const all = view.allSignals.value;
  const shown = all ? signals : signals.slice(0, FIRST);
  const suggested = explore.cell.value === null;
  const across = { r: range(shown), w: Math.round(Math.min(420, Math.max(190, width * 0.38))) };
  const multi = cube.errors.kind === "multiclass";
  const quote = (text: string): string => (multi ? `\u201c${text}\u201d` : text);
  const silent = signals.filter((s) => !s.survives).length;
  return (
    <div class="lw-contrast" ref={ref}>
      <h4 class="lw-head">
        What sets {multi ? "" : suggested ? "the " : "these "}<Text text={quote(words.many)} max={48} /> apart from <Text text={quote(words.against)} max={48} />
        <span class="lw-thin"> standardised difference, 95 % interval; dashed: half a deviation</span>
      </h4>
      {suggested && <p class="lw-muted lw-small">No cell is chosen: this starts with {multi ? "" : "the "}{quote(words.many)}. Choose any cell of the matrix.</p>}
      {signals.length === 0
        ? <p>{empty(found?.rows ?? 0, found?.against ?? 0, words)}</p>
        : (
          <>
            <div class="lw-scroll" tabIndex={0} role="group" aria-label="What sets the errors apart, table">
              <table class="lw-table lw-contrast-table" aria-label="What sets the errors apart">
                <thead>
                  <tr>
                    <th scope="col">feature</th>
                    <th scope="col" class="lw-num">{words.here}</th>
                    <th scope="col" class="lw-num">{words.there}</th>
                    <th scope="col" class="lw-num">d</th>
                    <th scope="col" class="lw-whisker-cell"><Axis across={across} /></th>
                  </tr>
                </thead>
                <tbody>{shown.map((s) => <Row key={`${s.feature}\u0000${s.kind}\u0000${s.level}`} signal={s} across={across} />)}</tbody>
              </table>
            </div>
            <p class="lw-foot lw-muted">
              {signals.length > FIRST && (
                <button type="button" class="lw-link" aria-expanded={all} onClick={() => { view.allSignals.value = !all; }}>
                  {all ? `Show the first ${FIRST}` : `Show all ${signals.length}`}
                </button>
              )}
              <span>
                {integer(found?.rows ?? 0)} {words.here} against {integer(found?.against ?? 0)} {words.there}
                {silent > 0 && ` · grey: ${silent} of ${signals.length} within the noise (false discovery rate 5 %)`}
                {cube.errors.features_total > cube.errors.features.length
                  && ` · ${cube.errors.features.length} of ${integer(cube.errors.features_total)} features`}
              </span>
            </p>
          </>
        )}
    </div>
  );
}

function empty(rows: number, against: number, words: { here: string; there: string; against: string }): string {
  if (rows === 0) return "No rows in this cell and band.";
  if (rows < 2) return "One row in this cell and band: two at least are needed for a comparison.";
  if (against < 2) return `There are ${against === 0 ? "no" : "too few"} ${words.against} to compare with.`;
  return "No feature differs between the two sides.";
}

/** Symmetric about 0, wide enough for the dots; whiskers may be cut. */
function range(signals: Signal[]): number {
  const most = Math.max(0.75, ...signals.map((s) => Math.abs(s.d) + 0.1));
  return Math.min(6, Math.ceil(most * 4) / 4);
}

interface Across {
  /** The axis goes from −r to r over w px. */
  r: number;
  w: number;
}

function Axis({ across: { r, w } }: { across: Across }) {
  const x = linear(-r, r, 8, w - 8);
  const at = r > 2.5 ? [-2, 0, 2] : r > 1.2 ? [-1, 0, 1] : [-0.5, 0, 0.5];
  return (
    <svg class="lw-svg" width={w} height={14} role="img" aria-label={`interval of d, from ${-r} to ${r}`}>
      {at.map((t) => <text key={t} class="lw-tick" x={x(t)} y={11} text-anchor="middle">{signed(t, Number.isInteger(t) ? 0 : 1)}</text>)}
    </svg>
  );
}

function Row({ signal: s, across }: { signal: Signal; across: Across }) {
  const { r, w } = across;
  const x = linear(-r, r, 8, w - 8);
  const cut = (v: number): number => x(Math.min(r, Math.max(-r, v)));
  const y = ROW / 2;
  const tone = s.marked ? "lw-row-marked" : s.survives ? "lw-row-sure" : "lw-row-noise";
  return (
    <tr class={tone}>
      <th scope="row">
        <Text text={s.feature} max={across.w < 300 ? 28 : 44} />
        {s.kind === "missing" && <span class="lw-muted"> is missing</span>}
        {s.kind === "level" && <><span class="lw-muted"> = </span><Text text={s.level || "\u201c\u201d"} max={24} /></>}
      </th>
      <td class="lw-num">{mean(s, s.here)}</td>
      <td class="lw-num">{mean(s, s.there)}</td>
      <td class="lw-num lw-d">{s.marked && <span class="lw-d-mark" title="more than half a deviation apart">◆ </span>}{signed(s.d, 2)}</td>
      <td class="lw-whisker-cell">
        <svg class="lw-svg" width={w} height={ROW} role="img"
          aria-label={`${signed(s.d, 2)} [${fixed(s.low, 2)}, ${fixed(s.high, 2)}]${s.survives ? "" : ", within the noise"}`}>
          <title>{`${signed(s.d, 2)} [${fixed(s.low, 2)}, ${fixed(s.high, 2)}]`}</title>
          <line class="lw-zero" x1={x(0)} x2={x(0)} y1={0} y2={ROW} />
          <line class="lw-half" x1={x(-0.5)} x2={x(-0.5)} y1={0} y2={ROW} />
          <line class="lw-half" x1={x(0.5)} x2={x(0.5)} y1={0} y2={ROW} />
          <line class="lw-whisker" x1={cut(s.low)} x2={cut(s.high)} y1={y} y2={y} />
          {s.marked ? <path class="lw-dot" d={`M${cut(s.d)} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5-5.5Z`} /> : <circle class="lw-dot" cx={cut(s.d)} cy={y} r={4} />}
        </svg>
      </td>
    </tr>
  );
}
