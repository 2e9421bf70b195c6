import { useSignal } from "@preact/signals";
import { integer, seconds } from "../format.ts";
import { type Panel, usePanel } from "../state/view.ts";
import type { ReplayAsked, Replayed, ReplayStep } from "../types.ts";
import { Superseded, words } from "../wire.ts";
import { Evidence } from "./Evidence.tsx";
import { Icon, tone } from "./Icon.tsx";
import { Text } from "./Text.tsx";

/** Have Python walk a row through the model; what comes back is drawn by `Replay` of the same source. */
export function askReplay({ wire, view }: Panel, of: ReplayAsked): void {
  view.replay.value = { of, failed: "", given: null };
  const tell = (now: { failed: string; given: Replayed | null }): void => {
    if (view.replay.peek()?.of === of) view.replay.value = { of, ...now };
  };
  wire.request("replay", of).then((given) => {
    tell({ failed: "", given });
    view.say(`${given.title}: ${given.verdict}`);
  }, (e: unknown) => {
    if (!(e instanceof Superseded)) tell({ failed: words(e), given: null });
  });
}

/** What came of the row asked for last, where it was asked for. */
export function Replay({ source }: { source: ReplayAsked["source"] }) {
  const { view } = usePanel();
  const replay = view.replay.value;
  if (replay?.of.source !== source) return null;
  const { given, failed } = replay;
  return (
    <section class="lw-replay lw-card lw-any" aria-label={given?.title ?? "Replay"} aria-busy={!given && !failed} style={tone(given?.status ?? "pending")}>
      <h4 class="lw-flow">
        {given && <Icon status={given.status} />} <b><bdi>{given?.title ?? "Replay"}</bdi></b>
        <button type="button" class="lw-link lw-small" onClick={() => { view.replay.value = null; }}>Close</button>
      </h4>
      {failed && <p role="alert"><b>Not replayed:</b> <bdi>{failed}</bdi></p>}
      {!given && !failed && <p class="lw-muted">The row is walked through the model, step by step.</p>}
      {given && <Steps replay={given} />}
    </section>
  );
}

function Steps({ replay }: { replay: Replayed }) {
  return (
    <>
      <p><bdi>{replay.verdict}</bdi></p>
      {replay.reasons.map((reason, i) => <p key={i} class="lw-muted"><bdi>{reason}</bdi></p>)}
      {replay.answer.rows.length > 0 && <Evidence evidence={replay.answer} />}
      <ol class="lw-steps">{replay.steps.map((s, i) => <Step key={`${i} ${s.path}`} step={s} blamed={i === replay.first} />)}</ol>
      {replay.notes.map((note, i) => <p key={i} class="lw-note lw-muted"><bdi>{note}</bdi></p>)}
      <p class="lw-small lw-muted">Replayed in {seconds(replay.seconds)}</p>
    </>
  );
}

function Step({ step: s, blamed }: { step: ReplayStep; blamed: boolean }) {
  return (
    <li style={{ marginLeft: `${Math.min(6, s.depth) * 16}px` }}>
      <details class="lw-finding lw-card" open={blamed} style={tone(s.status)}>
        <summary class="lw-finding-head lw-beside">
          <Icon status={s.status} />
          <span class="lw-finding-line">
            <b><Text text={s.name} max={60} /></b>{blamed && " · first to blame"}
            {s.path !== s.name && <code class="lw-mono lw-muted"><Text text={s.path} max={60} /></code>}
            <span class="lw-finding-short lw-small lw-muted"><Text text={s.summary} max={160} /></span>
          </span>
          <span class="lw-small lw-muted lw-nowrap">{seconds(s.seconds)}</span>
        </summary>
        <div class="lw-finding-body">
          <p>{s.summary && <bdi>{s.summary} </bdi>}<span class="lw-muted lw-nowrap">{s.before} → {s.after}</span></p>
          {s.error && <pre class="lw-code" tabIndex={0}><code>{s.error}</code></pre>}
          {s.tables.map((e, i) => <Evidence key={i} evidence={e} />)}
          {s.fix && <pre class="lw-code" tabIndex={0}><code>{s.fix}</code></pre>}
        </div>
      </details>
    </li>
  );
}

/** Any row of the log, by its place. */
export function ReplayLogged({ total }: { total: number }) {
  const panel = usePanel();
  const row = useSignal(1);
  if (!panel.wire.live) {
    return <p class="lw-note lw-muted">Logged rows can be replayed step by step where a kernel has the model and the log: open the panel in a notebook.</p>;
  }
  const sound = (): boolean => Number.isInteger(row.value) && row.value >= 1 && row.value <= total;
  return (
    <div>
      <form class="lw-flow lw-acts" onSubmit={(e) => {
        e.preventDefault();
        if (sound()) askReplay(panel, { source: "log", position: row.peek() - 1 });
      }}>
        <label>Row of the log{" "}
          <input class="lw-select" type="number" min={1} max={total} value={row.value} aria-invalid={!sound()} onInput={(e) => { row.value = e.currentTarget.valueAsNumber; }} />
        </label>
        <span class="lw-muted">of {integer(total)}</span>
        <button type="submit" class="lw-button" aria-disabled={!sound()}>Replay this row</button>
      </form>
      <Replay source="log" />
    </div>
  );
}
