import { usePanel } from "../state/view.ts";
import type { Line } from "../types.ts";
import { STATUS } from "../words.ts";
import { Evidence } from "./Evidence.tsx";
import { Icon } from "./Icon.tsx";

function Lines({ lines }: { lines: Line[] }) {
  return (
    <ul class="lw-lines">
      {lines.map((line) => (
        <li key={line.text} class="lw-line lw-beside lw-any">
          <Icon status={line.status} label={STATUS[line.status]} />
          <div>
            <span class="lw-line-text">{line.text}</span>
            {line.sign_off && <small><b>Signed off</b> on {line.sign_off.date}: <bdi>{line.sign_off.reason}</bdi></small>}
            {line.detail && <small class="lw-muted"><bdi>{line.detail}</bdi></small>}
            {!!line.evidence?.length && (
              <details class="lw-why">
                <summary class="lw-muted">Evidence</summary>
                {line.evidence.map((e, i) => <Evidence key={i} evidence={e} />)}
              </details>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}

/** The checklist lines that this rung answers. */
export function RungLines({ rung }: { rung: number }) {
  const { py } = usePanel();
  const lists = py.report.value?.checklist;
  const lines = lists ? [...lists.development, ...lists.production].filter((l) => l.rung === rung) : [];
  if (!lines.length) return null;
  const quiet = lines.every((l) => l.sign_off || l.status === "pass" || l.status === "skip");
  return (
    <details class="lw-disclosure" open={!quiet}>
      <summary>Checklist lines of this rung <span class="lw-muted">{tally(lines)}</span></summary>
      <Lines lines={lines} />
    </details>
  );
}

function tally(lines: Line[]): string {
  const count = new Map<string, number>();
  for (const l of lines) count.set(STATUS[l.status], (count.get(STATUS[l.status]) ?? 0) + 1);
  const plural: Record<string, string> = { passes: "pass", warns: "warn", fails: "fail", broke: "broke" };
  return [...count].map(([word, n]) => `${n} ${plural[word] && n !== 1 ? plural[word] : word}`).join(" · ");
}

export function Checklists() {
  const { py } = usePanel();
  const lists = py.report.value?.checklist;
  if (!lists || (!lists.development.length && !lists.production.length)) return null;
  return (
    <details class="lw-disclosure lw-section lw-part">
      <summary>Checklists <span class="lw-muted">{tally([...lists.development, ...lists.production])}</span></summary>
      <div class="lw-halves">
        <div><h4 class="lw-head">Development</h4><Lines lines={lists.development} /></div>
        <div><h4 class="lw-head">Production</h4><Lines lines={lists.production} /></div>
      </div>
    </details>
  );
}

/** What to do next, in plain language: the first paragraph stands, the rest opens. */
export function Narrative() {
  const { py } = usePanel();
  const report = py.report.value;
  if (!report?.complete || !report.narrative.length) return null;
  const [first, ...rest] = report.narrative;
  return (
    <section class="lw-next lw-part" aria-label="What to do next">
      <h3 class="lw-head">What to do next</h3>
      <p><bdi>{first}</bdi></p>
      {rest.length > 0 && (
        <details class="lw-why">
          <summary class="lw-muted">The whole walk-through</summary>
          {rest.map((p, i) => <p key={i}><bdi>{p}</bdi></p>)}
        </details>
      )}
    </section>
  );
}
