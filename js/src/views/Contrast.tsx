import { Beyond } from "../charts/Beyond.tsx";
import { linear, useWidth } from "../charts/scale.ts";
import type { Contrast as ContrastType, Signal } from "../contrast.ts";
import type { Cube } from "../cube.ts";
import { byScale, date, fixed, integer, percent, signed } from "../format.ts";
import { explain } from "../sentences.ts";
import { usePanel } from "../state/view.ts";
import type { Cell } from "../types.ts";
import { cellWords } from "../words.ts";
import { Distribution } from "./Distribution.tsx";
import { Text } from "./Text.tsx";

const FIRST = 12;
/** Features more at a time. */
const LOAD = 60;
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
  const shown = view.allSignals.value ? signals : signals.slice(0, FIRST);
  const suggested = explore.cell.value === null;
  const across = { r: range(shown), w: Math.round(Math.min(420, Math.max(150, width * 0.36))) };
  const multi = cube.errors.kind === "multiclass";
  const quote = (text: string): string => (multi ? `\u201c${text}\u201d` : text);
  const counted = cube.errors.features.length === 0 && cube.errors.features_total > 0;
  return (
    <div class="lw-contrast" ref={ref}>
      <h4 class="lw-head">
        What sets {multi ? "" : suggested ? "the " : "these "}<Text text={quote(words.many)} max={48} /> apart from <Text text={quote(words.against)} max={48} />
        <span class="lw-thin"> standardised difference, 95 % interval; dashed: half a deviation</span>
      </h4>
      {suggested && <p class="lw-muted lw-small">No cell is chosen: this starts with {multi ? "" : "the "}{quote(words.many)}. Choose any cell of the matrix.</p>}
      {counted && <Waiting many={quote(words.many)} />}
      {!counted && signals.length > 0 && <Sentences cube={cube} cell={subject} />}
      {!counted && signals.length === 0 && <p>{empty(found?.rows ?? 0, found?.against ?? 0, words)}</p>}
      {!counted && signals.length > 0 && <Table signals={shown} words={words} across={across} />}
      {!counted && <Foot found={found} words={words} />}
    </div>
  );
}

/** The counts of a subgroup travelled with the page, its features did not. */
function Waiting({ many }: { many: string }) {
  const { wire, py } = usePanel();
  const { asking, failed, retry } = py.scope;
  if (asking.value) return <p class="lw-muted">Asking the kernel what sets <Text text={many} max={48} /> apart inside this subgroup…</p>;
  return (
    <p class="lw-note" role="alert">
      What sets <Text text={many} max={48} /> apart inside a subgroup needs a live kernel
      {wire.live
        ? <>: <bdi>{failed.value}</bdi> <button type="button" class="lw-button" onClick={retry}>Try again</button></>
        : ". The counts of the subgroup are on this page, its features are not. Open the panel in a notebook."}
    </p>
  );
}

function Sentences({ cube, cell }: { cube: Cube; cell: Cell }) {
  const { py, explore } = usePanel();
  const said = explain(cube, cell, py.band.value, explore.threshold.value, explore.contrast.value);
  return said.length ? <ul class="lw-sentences lw-any">{said.map((s) => <li key={s}><bdi>{s}</bdi></li>)}</ul> : null;
}

type Words = ReturnType<typeof cellWords>;

function Table({ signals, words, across }: { signals: Signal[]; words: Words; across: Across }) {
  return (
    <div class="lw-scroll" tabIndex={0} role="group" aria-label="What sets the errors apart, table">
      <table class="lw-table lw-contrast-table" aria-label="What sets the errors apart">
        <thead>
          <tr>
            <th scope="col">feature</th>
            <th scope="col" class="lw-num">{words.here}</th>
            <th scope="col" class="lw-num">{words.there}</th>
            <th scope="col" class="lw-num" title="how many times the share of the others">ratio</th>
            <th scope="col" class="lw-num">d</th>
            <th scope="col" class="lw-whisker-cell"><Axis across={across} /></th>
          </tr>
        </thead>
        <tbody>{signals.map((s) => <Row key={keyOf(s)} signal={s} across={across} />)}</tbody>
      </table>
    </div>
  );
}

function Foot({ found, words }: { found: ContrastType | null; words: Words }) {
  const { py, view } = usePanel();
  const signals = found?.signals ?? [];
  const all = view.allSignals.value;
  const silent = signals.filter((s) => !s.survives).length;
  return (
    <p class="lw-foot lw-muted">
      {signals.length > FIRST && (
        <button type="button" class="lw-link" aria-expanded={all} onClick={() => { view.allSignals.value = !all; }}>
          {all ? `Show the first ${FIRST}` : `Show all ${signals.length}`}
        </button>
      )}
      {signals.length > 0 && (
        <span>
          {integer(found?.rows ?? 0)} {words.here} against {integer(found?.against ?? 0)} {words.there}
          {silent > 0 && ` · grey: ${silent} of ${signals.length} within the noise (false discovery rate 5 %${found && found.compared > signals.length ? ` over all ${integer(found.compared)} signals` : ""})`}
        </span>
      )}
      {signals.some((s) => s.survives && s.expected !== null) && <span>| what the model's own probabilities predict</span>}
      {py.cube.value && <More cube={py.cube.value} />}
    </p>
  );
}

/** A wide table sends its leading features; the kernel has the rest. */
function More({ cube: { errors } }: { cube: Cube }) {
  const { wire, py, view } = usePanel();
  const { asking, failed, more } = py.scope;
  const [here, all] = [errors.features.length, errors.features_total];
  if (here >= all) return null;
  return (
    <span>
      Showing the leading {integer(here)} of {integer(all)} features{" "}
      {!wire.live && "The others need a live kernel: open the panel in a notebook."}
      {wire.live && <button type="button" class="lw-link" aria-disabled={asking.value} onClick={() => {
        if (asking.peek()) return;
        view.say("Loading more features");
        more(LOAD);
      }}>{asking.value ? "Loading…" : "Load more"}</button>}
      {wire.live && failed.value && <> <bdi>Not loaded: {failed.value}</bdi></>}
    </span>
  );
}

function empty(rows: number, against: number, words: { here: string; there: string; against: string }): string {
  if (rows === 0) return "No rows in this cell and band.";
  if (rows < 2) return "One row in this cell and band: two at least are needed for a comparison.";
  if (against < 2) return `There are ${against === 0 ? "no" : "too few"} ${words.against} to compare with.`;
  return "No feature differs between the two sides.";
}

/** Symmetric about 0, wide enough for the dots up to 6; what lies beyond is an arrow. */
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
  const at = r > 5 ? [-4, 0, 4] : r > 2.5 ? [-2, 0, 2] : r > 1.2 ? [-1, 0, 1] : [-0.5, 0, 0.5];
  return (
    <svg class="lw-svg" width={w} height={14} role="img" aria-label={`interval of d, from ${-r} to ${r}`}>
      {at.map((t) => <text key={t} class="lw-tick" x={x(t)} y={11} text-anchor="middle">{signed(t, Number.isInteger(t) ? 0 : 1)}</text>)}
    </svg>
  );
}

/** What the model's own probabilities predict, in words. */
const predicted = (s: Signal): string =>
  s.expected === null ? "" : `; the model's own probabilities predict ${signed(s.expected, 2)}${s.beyond ? ", which is not this" : ""}`;

const keyOf = (s: Signal): string => `${s.feature}\u0000${s.kind}\u0000${s.level}`;

/** How many times the share of the others; only shares have one. */
const ratio = ({ times }: NonNullable<Signal["ratio"]>): string => `×${fixed(times, times < 10 ? 1 : 0)}`;

/** A dot, or a diamond where it is marked; at the end of the axis an arrow for what lies beyond. */
function Estimate({ d, marked, across: { r, w } }: { d: number; marked: boolean; across: Across }) {
  const x = linear(-r, r, 8, w - 8);
  const y = ROW / 2;
  if (Math.abs(d) > r) return <Beyond x={x(Math.sign(d) * r)} y={y} side={d > 0 ? 1 : -1} solid />;
  return marked ? <path class="lw-dot" d={`M${x(d)} ${y - 5.5}l5.5 5.5l-5.5 5.5l-5.5-5.5Z`} /> : <circle class="lw-dot" cx={x(d)} cy={y} r={4} />;
}

function Row({ signal: s, across }: { signal: Signal; across: Across }) {
  const { view } = usePanel();
  const { r, w } = across;
  const x = linear(-r, r, 8, w - 8);
  const cut = (v: number): number => x(Math.min(r, Math.max(-r, v)));
  const y = ROW / 2;
  const tone = s.marked ? "lw-row-marked" : s.survives ? "lw-row-sure" : "lw-row-noise";
  const open = view.signal.value === keyOf(s);
  const id = `${view.uid}-distribution`;
  const toggle = (): void => { view.signal.value = open ? null : keyOf(s); };
  return (
    <>
    <tr class={tone} onClick={toggle}>
      <th scope="row">
        <button type="button" class="lw-row-button" aria-expanded={open} aria-controls={open ? id : undefined} title="Show the distribution"
          onClick={(e) => { e.stopPropagation(); toggle(); }}>
          <Text text={s.feature} max={across.w < 300 ? 28 : 44} />
          {(s.kind === "missing" || s.kind === "infinite") && <span class="lw-muted"> is {s.kind}</span>}
          {s.kind === "level" && <><span class="lw-muted"> = </span><Text text={s.level || "\u201c\u201d"} max={24} /></>}
        </button>
      </th>
      <td class="lw-num">{mean(s, s.here)}</td>
      <td class="lw-num">{mean(s, s.there)}</td>
      <td class="lw-num" title={s.ratio ? `95 % interval ${fixed(s.ratio.low, 2)} to ${fixed(s.ratio.high, 2)}` : undefined}>
        {s.ratio ? ratio(s.ratio) : s.kind !== "number" && s.kind !== "datetime" && "–"}
      </td>
      <td class="lw-num lw-d">{s.marked && <span class="lw-d-mark" title="more than half a deviation apart">◆ </span>}{signed(s.d, 2)}</td>
      <td class="lw-whisker-cell">
        <svg class="lw-svg" width={w} height={ROW} role="img"
          aria-label={`${signed(s.d, 2)} [${fixed(s.low, 2)}, ${fixed(s.high, 2)}]${s.survives ? predicted(s) : ", within the noise"}`}>
          <title>{`${signed(s.d, 2)} [${fixed(s.low, 2)}, ${fixed(s.high, 2)}]${predicted(s)}`}</title>
          <line class="lw-zero" x1={x(0)} x2={x(0)} y1={0} y2={ROW} />
          <path class="lw-half" d={`M${x(-0.5)} 0v${ROW}M${x(0.5)} 0v${ROW}`} />
          {s.expected !== null && s.survives && Math.abs(s.expected) <= r && <path class="lw-expected" d={`M${cut(s.expected)} ${y - 7}v14`} />}
          <line class="lw-whisker" x1={cut(s.low)} x2={cut(s.high)} y1={y} y2={y} />
          {s.low < -r && s.d >= -r && <Beyond x={x(-r)} y={y} side={-1} />}
          {s.high > r && s.d <= r && <Beyond x={x(r)} y={y} side={1} />}
          <Estimate d={s.d} marked={s.marked} across={across} />
        </svg>
      </td>
    </tr>
    {open && <tr class="lw-dist-row"><td colSpan={6} id={id}><Distribution feature={s.feature} /></td></tr>}
    </>
  );
}
