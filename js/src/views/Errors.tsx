import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Cube } from "../cube.ts";
import { usePanel } from "../state/view.ts";
import { Boundary } from "./Boundary.tsx";
import { Breadcrumb } from "./Breadcrumb.tsx";
import { Calibration } from "./Calibration.tsx";
import { Confidence } from "./Confidence.tsx";
import { Confusion } from "./Confusion.tsx";
import { Contrast } from "./Contrast.tsx";
import { Kinds } from "./Kinds.tsx";
import { Rows } from "./Rows.tsx";
import { ScoreStrip } from "./ScoreStrip.tsx";
import { Subgroups } from "./Subgroups.tsx";
import { Suspects } from "./Suspects.tsx";
import { ThresholdCurve } from "./ThresholdCurve.tsx";

/** Where the model errs: a band, a threshold, a cell, what sets it apart, which subgroups fail, and the rows. */
export function Errors() {
  const { py, view } = usePanel();
  const base = py.base.value;
  return (
    <section class="lw-errors" aria-labelledby={`${view.uid}-errors`}>
      <h3 class="lw-title" id={`${view.uid}-errors`}>Errors</h3>
      {base
        ? (
          <Boundary what="The error explorer" on={base}>
            <Breadcrumb />
            {py.cube.value ? <Views cube={py.cube.value} /> : <Uncounted />}
          </Boundary>
        )
        : <p class="lw-muted">{why(py.status.value, py.report.value?.rungs[4]?.status)}</p>}
    </section>
  );
}

function Views({ cube: { errors } }: { cube: Cube }) {
  return (
    <>
      <div class={`lw-explore${layout(errors.classes.length)}`}>
        <div class="lw-explore-charts">
          <Confidence />
          {errors.kind === "binary" && <ScoreStrip />}
        </div>
        <Confusion />
      </div>
      <Contrast />
      <Subgroups />
      <div class="lw-folds">
        {errors.kind === "binary" && <Fold title="Thresholds" more="what each would give and cost"><ThresholdCurve withCosts /></Fold>}
        <Fold title="Kinds of errors" more="and how sure the model was"><Kinds /></Fold>
        <Fold title="Calibration" more="what the model states against what is observed"><Calibration /></Fold>
      </div>
      <Suspects />
      <Rows />
    </>
  );
}

/** A subgroup that did not come with its counts, as one set from Python. */
function Uncounted() {
  const { wire, py } = usePanel();
  const { asking, failed, retry } = py.scope;
  return (
    <>
      {asking.value
        ? <p class="lw-muted">Counting the rows of this subgroup…</p>
        : (
          <p class="lw-note" role="alert">
            Counting the rows of this subgroup needs a live kernel
            {wire.live
              ? <>: <bdi>{failed.value}</bdi> <button type="button" class="lw-button" onClick={retry}>Try again</button></>
              : ". Choose one of those below, whose counts are on this page, or open the panel in a notebook."}
          </p>
        )}
      <Subgroups />
    </>
  );
}

function Fold({ title, more, children }: { title: string; more: string; children: ComponentChildren }) {
  const open = useSignal(false);
  return (
    <details class="lw-disclosure" onToggle={(e) => { open.value = e.currentTarget.open; }}>
      <summary>{title}<span>{more}</span></summary>
      {open.value && children}
    </details>
  );
}

/** Many classes need the room: beside the charts, then below them. */
const layout = (classes: number): string => (classes > 6 ? " lw-explore-tall" : classes > 2 ? " lw-explore-wide" : "");

function why(status: string, model: string | undefined): string {
  if (status === "pending") return "The error explorer opens when the climb has reached rung 4.";
  if (status === "running") {
    return "The error explorer opens when rung 4 has scored the model; rungs below it are still being climbed.";
  }
  if (status === "cancelled") return "The climb was cancelled before the model was scored: run it again to explore its errors.";
  if (model === "error" || status === "error") return "The model could not be scored, so there are no errors to explore.";
  return "There are no scored rows in this report, so there are no errors to explore.";
}
