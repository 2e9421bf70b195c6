import { useComputed } from "@preact/signals";
import { useMemo } from "preact/hooks";
import { type Panel, PanelContext, usePanel } from "../state/view.ts";
import type { Signal } from "@preact/signals";
import { Boundary } from "./Boundary.tsx";
import { Checklists, Narrative } from "./Checklist.tsx";
import { Errors } from "./Errors.tsx";
import { Failure } from "./Failure.tsx";
import { Header } from "./Header.tsx";
import { Ladder, useAutoRung } from "./Ladder.tsx";
import { ProductionAlone } from "./Production.tsx";
import { RungDetail } from "./RungDetail.tsx";

/** Keys that a control of ours uses must not reach the notebook; Tab, Escape and shortcuts pass. */
function keepKeys(e: KeyboardEvent): void {
  if (e.ctrlKey || e.metaKey || e.altKey || e.key === "Tab" || e.key === "Escape") return;
  const on = e.target as Element | null;
  if (on?.closest("button, input, select, summary, a, [role=slider], [role=tab], [tabindex]")) e.stopPropagation();
}

export function App({ panel, host }: { panel: Panel; host: Signal<"light" | "dark"> }) {
  const { py } = panel;
  const theme = useComputed(() => (py.theme.value === "auto" ? host.value : py.theme.value));
  const context = useMemo(() => panel, [panel]);
  return (
    <section class="lw" aria-label="Ladder panel" data-lm-suppress-shortcuts="true" data-testid="ladder-panel"
      data-theme={theme.value} onKeyDown={keepKeys}>
      <PanelContext.Provider value={context}>
        <Boundary what="The panel">
          <Whole />
        </Boundary>
        <Status panel={panel} />
      </PanelContext.Provider>
    </section>
  );
}

function Whole() {
  const { py } = usePanel();
  useAutoRung();
  const watch = py.watch.value;
  // Production without a report, as a page: it is there alone.
  if (watch && !py.report.value && !py.base.value) return <ProductionAlone watch={watch} />;
  // Errors without a report: the explorer is there alone.
  if (py.base.value && !py.report.value) {
    return (
      <>
        <Failure />
        <Errors />
      </>
    );
  }
  return (
    <>
      <Header />
      <Failure />
      <Narrative />
      <div class="lw-top lw-part">
        <Ladder />
        <RungDetail />
      </div>
      <Checklists />
      <Errors />
    </>
  );
}

function Status({ panel }: { panel: Panel }) {
  return <div class="lw-said" role="status" aria-live="polite">{panel.view.said.value}</div>;
}
