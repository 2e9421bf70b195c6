import { usePanel } from "../state/view.ts";
import { Boundary } from "./Boundary.tsx";
import { Breadcrumb } from "./Breadcrumb.tsx";
import { Confidence } from "./Confidence.tsx";
import { Confusion } from "./Confusion.tsx";
import { Contrast } from "./Contrast.tsx";
import { Rows } from "./Rows.tsx";
import { ScoreStrip } from "./ScoreStrip.tsx";
import { ThresholdCurve } from "./ThresholdCurve.tsx";

/** Where the model errs: a band, a threshold, a cell, what sets it apart, and its rows. */
export function Errors() {
  const { py, view } = usePanel();
  const cube = py.cube.value;
  return (
    <section class="lw-errors" aria-labelledby={`${view.uid}-errors`}>
      <h3 class="lw-title" id={`${view.uid}-errors`}>Errors</h3>
      {cube
        ? (
          <Boundary what="The error explorer" on={cube}>
            <Breadcrumb />
            <div class={`lw-explore${layout(cube.errors.classes.length)}`}>
              <div class="lw-explore-charts">
                <Confidence />
                {cube.errors.kind === "binary" && <ScoreStrip />}
              </div>
              <Confusion />
            </div>
            {cube.errors.kind === "binary" && <ThresholdCurve withCosts />}
            <Contrast />
            <Rows />
          </Boundary>
        )
        : <p class="lw-muted">{why(py.status.value, py.report.value?.rungs[4]?.status)}</p>}
    </section>
  );
}

/** Many classes need the room: beside the charts, then below them. */
const layout = (classes: number): string => (classes > 6 ? " lw-explore-tall" : classes > 2 ? " lw-explore-wide" : "");

function why(status: string, model: string | undefined): string {
  if (status === "pending") return "The error explorer opens when the climb has reached rung 4.";
  if (status === "running" || status === "cancelling") {
    return "The error explorer opens when rung 4 has scored the model; rungs below it are still being climbed.";
  }
  if (status === "cancelled") return "The climb was cancelled before the model was scored: run it again to explore its errors.";
  if (model === "error" || status === "error") return "The model could not be scored, so there are no errors to explore.";
  return "There are no scored rows in this report, so there are no errors to explore.";
}
