import { useSignal } from "@preact/signals";
import { Fragment } from "preact";
import { Beyond } from "../charts/Beyond.tsx";
import { linear, useWidth } from "../charts/scale.ts";
import type { Cube } from "../cube.ts";
import { edge, integer, percent, signed } from "../format.ts";
import { tellApart } from "../names.ts";
import { usePanel } from "../state/view.ts";
import { excessOf, keyOf, rate, rateText, type Tally, tallyOf, wilson, wordsOf } from "../subgroups.ts";
import type { SubgroupFound } from "../types.ts";
import { Text } from "./Text.tsx";

const ROW = 26;
/** Half the width of the label of the base rate. */
const HALF = 36;
type Order = "score" | "excess";

interface Line {
  item: SubgroupFound;
  here: Tally;
  excess: number;
  /** Of the error rate; null where weights leave nothing to say. */
  interval: [number, number] | null;
}

/** The subgroups that fail most, as filters. Counts follow band and threshold; what was tested is of the search. */
export function Subgroups() {
  const { wire, py } = usePanel();
  const order = useSignal<Order>("score");
  const found = py.subgroups.value;
  const cube = py.base.value;
  if (!cube?.errors.features_total) return null;
  return (
    <div class="lw-subgroups">
      <div class="lw-chart-head lw-flow">
        <h4 class="lw-head">Subgroups with most errors<span class="lw-thin"> choose one to look at its rows alone</span></h4>
        {(found?.items.length ?? 0) > 1 && (
          <select class="lw-select" aria-label="Order of the subgroups" value={order.value}
            onChange={(e) => { order.value = e.currentTarget.value as Order; }}>
            <option value="score">by score</option>
            <option value="excess">by excess errors</option>
          </select>
        )}
      </div>
      {found === null && <p class="lw-muted">{py.running.value ? "Searching subgroups…" : `Subgroups were not searched${wire.live ? "" : " for this page"}.`}</p>}
      {found?.items.length === 0 && <p class="lw-muted">No subgroup of the {integer(found.rows)} rows has clearly more errors than the rest.</p>}
      {found !== null && found.items.length > 0 && <Table cube={cube} items={found.items} order={order.value} />}
      {found !== null && <Notes />}
    </div>
  );
}

function Notes() {
  const { py } = usePanel();
  const found = py.subgroups.value;
  const notes = found?.notes ?? [];
  if (!found?.sampled && !notes.length) return null;
  return (
    <p class="lw-small lw-muted">
      {found?.sampled ? `Searched in a sample of ${integer(found.sampled)} rows. ` : ""}
      {notes.map((note) => <bdi key={note}>{note} </bdi>)}
    </p>
  );
}

function useLines(items: SubgroupFound[], all: Tally, order: Order): Line[] {
  const { py, explore } = usePanel();
  const cubes = py.scope.found.value;
  const threshold = explore.threshold.value;
  const band = py.band.value;
  const still = !explore.banded.value && threshold === (py.base.value?.errors.threshold ?? threshold);
  const weighted = py.base.value?.errors.weighted ?? false;
  const lines = items.map((item, i): Line => {
    const own = cubes[i];
    if (still || !own) return { item, here: item, excess: item.excess, interval: [item.low, item.high] };
    const here = tallyOf(own, band, threshold);
    return { item, here, excess: excessOf(here, all), interval: weighted || !here.rows ? null : wilson(here.errors, here.rows) };
  });
  return order === "score" ? lines : lines.sort((a, b) => b.excess - a.excess);
}

function Table({ cube, items, order }: { cube: Cube; items: SubgroupFound[]; order: Order }) {
  const { py, explore } = usePanel();
  const [ref, width] = useWidth(900);
  const threshold = explore.threshold.value;
  const all = tallyOf(cube, py.band.value, threshold);
  const lines = useLines(items, all, order);
  const chosen = keyOf(py.slice.value);
  const base = rate(all);
  const most = Math.max(base, ...lines.map((l) => Math.max(rate(l.here), Math.min(l.interval?.[1] ?? 0, rate(l.here) + base))), 0.01);
  const across = { most, base, w: Math.round(Math.min(260, Math.max(70, (width - 250) * 0.27))) };
  const inUse = cube.errors.threshold;
  return (
    <>
      <div class="lw-scroll" ref={ref} tabIndex={0} role="group" aria-label="Subgroups, table">
        <table class="lw-table lw-contrast-table lw-subgroups-table" aria-label="Subgroups">
          <thead>
            <tr>
              <th scope="col">subgroup</th>
              <th scope="col" class="lw-num">rows</th>
              <th scope="col" class="lw-num">errors</th>
              <th scope="col" class="lw-num">error rate</th>
              <th scope="col" class="lw-whisker-cell"><Base across={across} /></th>
              <th scope="col" class="lw-num">excess</th>
              <th scope="col" class="lw-num">held out</th>
            </tr>
          </thead>
          <tbody>
            {lines.map((line) => <Row key={keyOf(line.item.conditions)} line={line} across={across} narrow={width < 700} pressed={chosen === keyOf(line.item.conditions)} />)}
          </tbody>
        </table>
      </div>
      <p class="lw-foot lw-muted">
        ◆ beyond chance on the half not searched, corrected for all subgroups found · excess: errors beyond the rate of all other rows · held out: on
        that half
        {inUse !== null && threshold !== inUse && ` · ◆ and held out are of the search, at threshold ${edge(inUse)}`}
      </p>
    </>
  );
}

interface Across {
  most: number;
  base: number;
  w: number;
}
const scale = ({ most, w }: Across) => linear(0, most, 2, w - 6);

function Base({ across }: { across: Across }) {
  const x = Math.min(across.w - HALF, Math.max(HALF, scale(across)(across.base)));
  return (
    <svg class="lw-svg" width={across.w} height={14} role="img" aria-label={`of all rows ${percent(across.base, 1)}`}>
      <text class="lw-tick" x={x} y={11} text-anchor="middle">{percent(across.base, 1)} of all</text>
    </svg>
  );
}

/** The words of a subgroup; where they are long every condition is still told, with its feature and its value cut. */
function Words({ item, max }: { item: SubgroupFound; max: number }) {
  if ([...item.text].length <= max) return <bdi>{item.text}</bdi>;
  const each = Math.round(max / 3);
  const names = tellApart(item.conditions.map((c) => c.feature), each);
  return <>{item.conditions.map((c, i) => (
    <Fragment key={`${c.feature} ${i}`}>{i > 0 && " and "}<bdi>{names[i]}</bdi> <Text text={wordsOf(c)} max={each + 12} /></Fragment>
  ))}</>;
}

function Row({ line, across, narrow, pressed }: { line: Line; across: Across; narrow: boolean; pressed: boolean }) {
  const { py } = usePanel();
  const { item, here, excess, interval } = line;
  const x = scale(across);
  const cut = (v: number): number => x(Math.min(across.most, Math.max(0, v)));
  const y = ROW / 2;
  const range = interval && `${percent(interval[0], 1)} to ${percent(interval[1], 1)}`;
  const toggle = (): void => py.setSlice(pressed ? null : item.conditions);
  const most = narrow ? 56 : 90;
  return (
    <tr class={`${item.significant ? "lw-row-marked" : "lw-row-noise"}${pressed ? " lw-chosen" : ""}`} onClick={toggle}>
      <th scope="row">
        <button type="button" class="lw-row-button" aria-pressed={pressed} title={item.text.length > most ? item.text : undefined} onClick={(e) => { e.stopPropagation(); toggle(); }}>
          <Words item={item} max={most} />
        </button>
      </th>
      <td class="lw-num">{integer(here.rows)}</td>
      <td class="lw-num">{integer(here.errors)}</td>
      <td class="lw-num lw-d">{item.significant && <span class="lw-d-mark" title="beyond chance">◆ </span>}{rateText(here)}</td>
      <td class="lw-whisker-cell">
        <svg class="lw-svg" width={across.w} height={ROW} role="img" aria-label={range ? `95 % interval ${range}` : "no interval"}>
          <title>{range ?? "no interval"}</title>
          <rect class="lw-rate" x={x(0)} width={Math.max(0, cut(rate(here)) - x(0))} y={y - 6} height={12} />
          <line class="lw-half" x1={x(across.base)} x2={x(across.base)} y1={0} y2={ROW} />
          {interval && <line class="lw-whisker lw-whisker-thin" x1={cut(interval[0])} x2={cut(interval[1])} y1={y} y2={y} />}
          {interval && interval[1] > across.most && <Beyond x={x(across.most)} y={y} side={1} />}
        </svg>
      </td>
      <td class="lw-num">{signed(excess, 0)}</td>
      <td class="lw-num">{item.held ? `${percent(item.held.error_rate, 1)}` : "–"}</td>
    </tr>
  );
}
