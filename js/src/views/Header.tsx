import { download } from "../download.ts";
import { integer, percent, seconds } from "../format.ts";
import { usePanel } from "../state/view.ts";
import type { Progress as ProgressType, Report } from "../types.ts";
import { RUNG_NAMES, Superseded, words } from "../wire.ts";
import { Text } from "./Text.tsx";

function facts({ data }: Report): string {
  const rows = `${integer(data.n_val)} validation rows`;
  if (data.classes.length > 2) return `${rows} · ${data.classes.length} classes`;
  const share = data.shares[data.positive === null ? 1 : data.classes.indexOf(data.positive)];
  return share === undefined ? rows : `${rows} · ${percent(share)} positive`;
}

export function Header() {
  const { wire, py, view } = usePanel();
  const report = py.report.value;
  const running = py.running.value;

  const failed = (what: string) => (e: unknown): void => {
    if (!(e instanceof Superseded)) view.trouble.value = `${what}: ${words(e)}`;
  };
  const climb = (): void => {
    view.trouble.value = "";
    const kind = running ? "cancel" : "run";
    wire.request(kind, {}).catch(failed(running ? "Not cancelled" : "Not run"));
  };
  const save = (): void => {
    view.trouble.value = "";
    wire.request("html", { rows: 0 }).then(({ html }) => {
      const name = (report?.model.name ?? "report").replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 60);
      download(`${name || "report"}.html`, html, "text/html");
      view.say("Report exported");
    }).catch(failed("Not exported"));
  };

  return (
    <header class="lw-header lw-flow lw-any lw-part">
      <div class="lw-header-what">
        <b class="lw-header-name"><Text text={report?.model.name ?? "Ladder"} max={80} /></b>{" "}
        {report
          ? <span class="lw-muted">
              {report.model.description && report.model.description !== report.model.name
                && <><Text text={report.model.description} max={90} /> · </>}{facts(report)}
            </span>
          : <span class="lw-muted">{running ? "climbing" : py.failure.value ? "the climb broke" : "waiting for the first rung"}</span>}
      </div>
      <div class="lw-header-acts lw-flow">
        {report?.complete && !running && <span class="lw-muted lw-nowrap">7 rungs in {seconds(report.seconds)}</span>}
        {py.status.value === "cancelled" && <span class="lw-muted lw-nowrap">cancelled</span>}
        {wire.live && (
          <>
            <button key="html" type="button" class="lw-button" aria-disabled={!report?.complete}
              onClick={() => report?.complete && save()}>Export</button>
            <button key="climb" type="button" class="lw-button" onClick={climb}>
              {running ? "Cancel" : report ? "Run again" : "Run"}
            </button>
          </>
        )}
      </div>
      {running && <Progress />}
      {view.trouble.value && (
        <p class="lw-header-wide lw-wrong" role="alert">
          <bdi>{view.trouble.value}</bdi>{" "}
          <button type="button" class="lw-link" onClick={() => { view.trouble.value = ""; }}>Dismiss</button>
        </p>
      )}
    </header>
  );
}

function Progress() {
  const { py } = usePanel();
  const progress = py.progress.value;
  const rungs = py.report.value?.rungs ?? [];
  const finished = rungs.filter((r) => r.status !== "pending" && r.status !== "running").length;
  const part = progress?.total ? Math.min(1, progress.done / progress.total) : 0;
  const done = Math.min(1, (finished + part) / 7);
  const text = progress ? progressText(progress) : "Starting";
  return (
    <div class="lw-progress lw-header-wide lw-flow lw-small">
      <div class="lw-progress-track" role="progressbar" aria-label="Climb" aria-valuemin={0} aria-valuemax={100}
        aria-valuenow={Math.round(100 * done)} aria-valuetext={text}>
        <div class="lw-progress-bar" style={{ width: `${100 * done}%` }} />
      </div>
      <span class="lw-muted lw-progress-text"><bdi>{text}</bdi></span>
    </div>
  );
}

/** "Linear: fold 3 of 5", "Data: check data.leakage, 2 of 5". */
function progressText({ rung, label, done, total }: ProgressType): string {
  const what = label.includes(":") ? label : `${RUNG_NAMES[rung] ?? `Rung ${rung}`}: ${label}`;
  return total > 1 ? `${what}${/\s\S+\.\S+$/.test(what) ? "," : ""} ${done} of ${total}` : what;
}
