import { useEffect, useRef } from "preact/hooks";
import { usePanel } from "../state/view.ts";
import type { Rung } from "../types.ts";
import { emptyRung, RUNG_NAMES } from "../wire.ts";
import { rungName, STATUS } from "../words.ts";
import { Icon } from "./Icon.tsx";
import { Text } from "./Text.tsx";

const WAITING = RUNG_NAMES.map((_, i) => emptyRung(i));

export function useRungs(): Rung[] {
  return usePanel().py.report.value?.rungs ?? WAITING;
}

/** The rung on show: the one chosen; before any choice, while the climb runs, the first that fails or is at work. */
export function useShownRung(): number {
  const { py } = usePanel();
  const rungs = useRungs();
  if (py.picked.value || !py.running.value) return py.rung.value;
  return (rungs.find((r) => r.status === "fail") ?? rungs.find((r) => r.status === "running"))?.number ?? py.rung.value;
}

/** When the climb ends and nobody chose, the first rung that fails (else warns) is shown, to Python too. */
export function useAutoRung(): void {
  const { py } = usePanel();
  const report = py.report.value;
  const over = Boolean(report?.complete) && !py.running.value;
  useEffect(() => {
    if (!over || !report || py.picked.peek() || py.rung.peek() !== 0) return;
    const target = report.first_failing_rung ?? report.rungs.find((r) => r.status === "warn")?.number;
    if (target !== undefined && target !== null) py.setRung(target, false);
  }, [over, report]);
}

export function Ladder() {
  const { py, view } = usePanel();
  const rungs = useRungs();
  const shown = useShownRung();
  const tabs = useRef<(HTMLButtonElement | null)[]>([]);
  useAnnouncements(rungs);

  const go = (to: number): void => {
    py.setRung(to);
    tabs.current[to]?.focus();
  };
  const key = (e: KeyboardEvent): void => {
    // Rung 0 is at the bottom: up the screen is up the ladder.
    const to = {
      ArrowUp: (shown + 1) % 7, ArrowDown: (shown + 6) % 7, Home: 6, End: 0,
    }[e.key];
    if (to === undefined || e.ctrlKey || e.metaKey || e.altKey) return;
    e.preventDefault();
    e.stopPropagation();
    go(to);
  };
  return (
    <div class="lw-ladder" role="tablist" aria-orientation="vertical" aria-label="Rungs" onKeyDown={key}>
      {[...rungs].reverse().map((r) => (
        <div key={r.number} class="lw-step" role="presentation">
          <button type="button" role="tab" id={`${view.uid}-tab-${r.number}`}
            ref={(el) => { tabs.current[r.number] = el; }}
            class={`lw-rung lw-rung-${r.status}${r.provisional ? " lw-provisional" : ""}`}
            aria-label={rungName(r)} aria-describedby={`${view.uid}-line-${r.number}`} aria-selected={r.number === shown}
            aria-controls={`${view.uid}-detail`} tabIndex={r.number === shown ? 0 : -1} onClick={() => go(r.number)}>
            <span class="lw-rung-number lw-muted">{r.number}</span>{" "}
            <Icon status={r.status} label="" hollow={r.provisional} />
            <b class={`lw-cut${r.provisional || r.status === "pending" ? " lw-muted" : ""}`}>{r.name}</b>
          </button>
          {/* Beside the tab, not in it: what a tab shows must be in its name, and the name is fixed. */}
          <small class="lw-cut lw-muted" id={`${view.uid}-line-${r.number}`}><Text text={r.headline || STATUS[r.status]} max={70} /></small>
        </div>
      ))}
    </div>
  );
}

/** Says each rung as it finishes, and how the climb ended. */
function useAnnouncements(rungs: Rung[]): void {
  const { py, view } = usePanel();
  const before = useRef(rungs.map((r) => r.status));
  const was = useRef(py.running.value);
  const running = py.running.value;
  const report = py.report.value;
  useEffect(() => {
    const open = (s: string | undefined): boolean => s === "pending" || s === "running";
    const news = rungs.filter((r, i) => open(before.current[i]) && !open(r.status)).map(rungName);
    before.current = rungs.map((r) => r.status);
    if (was.current && !running && report?.complete) {
      const first = report.first_failing_rung;
      news.push(first === null ? "The climb is complete: no rung fails"
        : `The climb is complete: rung ${first} ${report.rungs[first]?.name} fails first`);
    }
    was.current = running;
    if (news.length) view.say(news.join(". "));
  }, [rungs, running]);
}
