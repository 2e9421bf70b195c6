import type { ComponentChildren } from "preact";
import { fixed, integer, seconds, signed } from "../format.ts";
import { type Trial, usePanel } from "../state/view.ts";
import type { Evidence as EvidenceType, Fix } from "../types.ts";
import { Superseded, words } from "../wire.ts";
import { METRICS } from "../words.ts";
import { CopyButton } from "./Copy.tsx";
import { Evidence } from "./Evidence.tsx";
import { Icon } from "./Icon.tsx";

/** The button that has Python try a fix, beside other buttons, and below them what came of it. */
export function TryFix({ code, children }: { code: string; children: ComponentChildren }) {
  const { wire, py, view } = usePanel();
  const report = py.report.value;
  const own = view.trials.value[code];
  const trial = own?.of === report ? own : undefined;
  const offered = wire.live && report?.tryable.includes(code);

  const tell = (now: Partial<Trial> | null): void => {
    const { [code]: _, ...others } = view.trials.peek();
    if (!report) return;
    view.trials.value = now ? { ...others, [code]: { of: report, busy: false, failed: "", given: null, ...now } } : others;
  };
  const start = (): void => {
    if (trial?.busy || py.running.peek()) return;
    tell({ busy: true });
    view.say(`Trying the fix of ${code}: the model is being fitted again`);
    wire.request("fix", { code }).then((given) => {
      tell({ given });
      if (py.report.peek() === report) view.say(`Fix of ${code} tried. ${spoken(given)} ${given.verdict}`);
    }, (e: unknown) => {
      if (e instanceof Superseded) return tell(null);
      tell({ failed: words(e) });
    });
  };
  return (
    <>
      <div class="lw-acts">
        {children}{" "}
        {offered && (
          <button type="button" class="lw-button" aria-disabled={Boolean(trial?.busy) || py.running.value} onClick={start}>
            {trial?.busy ? "Trying the fix…" : "Try the fix"}
          </button>
        )}
      </div>
      {trial?.busy && <p class="lw-muted">A copy of the model is being fitted again in the kernel; yours is not touched.</p>}
      {trial?.failed && <p class="lw-note lw-muted lw-any" role="alert"><b>Not tried:</b> <bdi>{trial.failed}</bdi></p>}
      {trial?.given && <Given fix={trial.given} />}
    </>
  );
}

function spoken({ metrics }: Fix): string {
  const first = metrics.find((m) => m.before !== null && m.after !== null);
  return first ? `${METRICS[first.name] ?? first.name} ${fixed(first.before as number, 3)} before, ${fixed(first.after as number, 3)} after.` : "";
}

function Given({ fix }: { fix: Fix }) {
  return (
    <div role="group" aria-label="Fix tried">
      <p><bdi>{fix.remedy}</bdi></p>
      <p class="lw-lead lw-any"><Icon status={fix.still.status} /> <bdi>{fix.verdict}</bdi></p>
      <Evidence evidence={table(fix)} />
      {fix.notes.map((note) => <p key={note} class="lw-note lw-muted lw-any"><bdi>{note}</bdi></p>)}
      <details class="lw-why">
        <summary class="lw-muted">Code of this fix</summary>
        <pre class="lw-code" tabIndex={0}><code>{fix.code_to_paste}</code></pre>
        <div class="lw-acts"><CopyButton text={fix.code_to_paste} label="Copy code" /></div>
      </details>
      <p class="lw-small lw-muted">Fitted and judged in {seconds(fix.seconds)} · <code class="lw-mono">panel.trials["{fix.code}"].estimator</code> is the mended model</p>
    </div>
  );
}

/** The figures as a table of evidence. */
function table({ metrics, rarest, rows }: Fix): EvidenceType {
  const same = rows.before === rows.after;
  const told = metrics.filter((m) => m.after !== null);
  return {
    caption: `Before and after on ${same ? "" : `${integer(rows.before)} and `}${integer(rows.after)} validation rows`,
    columns: [
      { name: "", format: "text" }, { name: "before", format: "score" }, { name: "after", format: "score" },
      { name: "difference", format: "score" }, { name: "95 % interval", format: "score" },
    ],
    rows: told.map(({ name, before, after, difference: { mean, low, high } }) => [
      METRICS[name] ?? `Recall of ${rarest}`, before, after, mean === null ? null : signed(mean, 3),
      low === null || high === null ? null : `${signed(low, 3)} to ${signed(high, 3)}`,
    ]),
    total: told.length,
  };
}
