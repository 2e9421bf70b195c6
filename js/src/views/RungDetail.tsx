import { usePanel } from "../state/view.ts";
import type { Finding as FindingType, Report, Rung } from "../types.ts";
import { STATUS } from "../words.ts";
import { Boundary } from "./Boundary.tsx";
import { RungLines } from "./Checklist.tsx";
import { Finding } from "./Finding.tsx";
import { Icon } from "./Icon.tsx";
import { useRungs, useShownRung } from "./Ladder.tsx";
import { Production } from "./Production.tsx";
import { Scores } from "./Scores.tsx";
import { ThresholdCurve } from "./ThresholdCurve.tsx";

const LOUD = ["fail", "error", "warn"];
const rank = (f: FindingType): number => [...LOUD, "pass", "skip"].indexOf(f.status);

export function RungDetail() {
  const { py, view } = usePanel();
  const rungs = useRungs();
  const shown = useShownRung();
  const rung = rungs[shown] as Rung;
  const report = py.report.value;
  return (
    <div class="lw-detail" role="tabpanel" id={`${view.uid}-detail`} aria-labelledby={`${view.uid}-tab-${shown}`}
      tabIndex={-1}>
      <Boundary what={`Rung ${shown}`} on={report}>
        <Content key={shown} rung={rung} report={report} />
      </Boundary>
    </div>
  );
}

function Content({ rung, report }: { rung: Rung; report: Report | null }) {
  const { py } = usePanel();
  const findings = (report?.findings ?? []).filter((f) => f.rung === rung.number).sort((a, b) => rank(a) - rank(b));
  const loud = findings.filter((f) => LOUD.includes(f.status));
  const quiet = findings.filter((f) => !LOUD.includes(f.status));
  const waiting = rung.status === "pending" || rung.status === "running";
  const scored = report?.rungs.some((r) => r.score && r.number <= Math.max(rung.number, 4)) ?? false;
  const watch = rung.number === 6 ? py.watch.value : null;
  const aside = scored && rung.number >= 1 && rung.number <= 5;
  return (
    <>
      <h3 class="lw-title"><Icon status={rung.status} hollow={rung.provisional} /> <span>{rung.name}</span>{" "}
        {rung.question && <span class="lw-muted lw-thin">{rung.question}</span>}</h3>
      {rung.provisional && <Provisional report={report} />}
      <p class="lw-lead lw-any">
        {watch ? <b><bdi>{watch.sentence}</bdi></b> : rung.summary || silence(rung, py.running.value)}
      </p>
      {watch && <Production watch={watch} />}
      <div class={aside ? "lw-two" : "lw-one"}>
        <div class="lw-findings">
          {loud.map((f) => <Finding key={f.code} finding={f} open />)}
          {quiet.map((f) => <Finding key={f.code} finding={f} />)}
          {!findings.length && !waiting && rung.number !== 1 && rung.number !== 3
            && <p class="lw-muted">No check belongs to this rung.</p>}
          {rung.notes.map((note) => <p key={note} class="lw-note lw-muted lw-any"><bdi>{note}</bdi></p>)}
          {rung.number === 5 && py.cube.value && <ThresholdCurve />}
          <RungLines rung={rung.number} />
        </div>
        {aside && <div class="lw-aside"><Scores rung={rung} /></div>}
      </div>
    </>
  );
}

function silence(rung: Rung, running: boolean): string {
  if (rung.status === "running") return "This rung is being climbed.";
  if (rung.status !== "pending") return rung.status === "skip" ? "This rung was not checked." : `This rung ${STATUS[rung.status]}.`;
  if (!running) return "This rung was not climbed.";
  return rung.number ? "This rung waits for those below it." : "The climb is about to start.";
}

function Provisional({ report }: { report: Report | null }) {
  const { py, view } = usePanel();
  const first = report?.first_failing_rung ?? report?.rungs.find((r) => r.status === "fail")?.number;
  if (first === undefined || first === null) return null;
  const go = (e: MouseEvent): void => {
    const root = (e.currentTarget as Element).getRootNode() as Document | ShadowRoot;
    py.setRung(first);
    root.getElementById(`${view.uid}-tab-${first}`)?.focus(); // the banner is about to go
  };
  return (
    <p class="lw-banner lw-flow">
      <span><b>Provisional:</b> rung {first} {report?.rungs[first]?.name} fails first; what stands above it may change.</span>{" "}
      <button type="button" class="lw-link" onClick={go}>Go to rung {first}</button>
    </p>
  );
}
