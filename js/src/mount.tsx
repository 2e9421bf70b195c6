/** Puts one view of a model into an element; what it returns takes everything away again. */
import { render } from "preact";
import { createExplore } from "./explore.ts";
import { createHistory } from "./history.ts";
import { createSynced } from "./state/synced.ts";
import { createView } from "./state/view.ts";
import { followTheme } from "./theme.ts";
import { App } from "./views/App.tsx";
import { type Model, Wire } from "./wire.ts";

export function mount(model: Model, el: HTMLElement, view = createView()): () => void {
  const wire = new Wire(model);
  const py = createSynced(wire);
  const { theme, dispose } = followTheme(el);
  const explore = createExplore(py);
  const history = createHistory(py, explore.selection);
  const panel = { wire, py, view, explore, history };
  render(<App panel={panel} host={theme} />, el);
  return () => {
    render(null, el);
    history.close();
    py.close();
    wire.close();
    dispose();
  };
}
