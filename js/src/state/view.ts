/** State of one view only: two views of one model each have their own, and Python never sees it. */
import { signal, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Costs } from "../costs.ts";
import type { Explore } from "../explore.ts";
import type { History } from "../history.ts";
import type { Order, Shares } from "../matrix.ts";
import type { Fix, Pick, Replayed, ReplayAsked, Report, Sort } from "../types.ts";
import type { Wire } from "../wire.ts";
import type { Synced } from "./synced.ts";

export interface ViewState {
  /** Prefix of every id in this view. */
  uid: string;
  /** What the live region says. */
  said: Signal<string>;
  say(text: string): void;
  metric: Signal<string>;
  allSignals: Signal<boolean>;
  /** The row of the contrast whose distribution is shown. */
  signal: Signal<string | null>;
  rowsOpen: Signal<boolean>;
  /** Suspects that the rows show instead of the cell and band; null for none. */
  pick: Signal<Pick | null>;
  sort: Signal<Sort>;
  /** What mistakes cost, once somebody changed it. */
  costs: Signal<Costs | null>;
  matrix: Signal<MatrixState>;
  /** A request that failed (run, cancel, export), in words. */
  trouble: Signal<string>;
  /** By code of the finding. */
  trials: Signal<Readonly<Record<string, Trial>>>;
  /** Start of the window of production shown, and the feature whose distribution is; null until somebody chose. */
  window: Signal<number | null>;
  mover: Signal<string | null>;
  replay: Signal<Replay | null>;
}

/** How a confusion matrix is read; `from`: places of the first actual and predicted class in view, in the order chosen. */
export interface MatrixState {
  shares: Shares;
  order: Order;
  text: string;
  from: readonly [number, number];
}

/** A fix tried in this view; it counts while its report is the one shown. */
export interface Trial {
  of: Report;
  busy: boolean;
  failed: string;
  given: Fix | null;
}

/** A row replayed in this view, the latest one. */
export interface Replay {
  of: ReplayAsked;
  failed: string;
  given: Replayed | null;
}

let count = 0;

export function createView(): ViewState {
  const said = signal("");
  return {
    uid: `lw${++count}-${Math.random().toString(36).slice(2, 7)}`,
    said,
    // The same words twice are announced twice: a trailing no-break space makes them a change.
    say: (text) => { said.value = text === said.peek() ? `${text}\u00a0` : text; },
    metric: signal("roc_auc"),
    allSignals: signal(false),
    signal: signal<string | null>(null),
    rowsOpen: signal(false),
    pick: signal<Pick | null>(null),
    sort: signal<Sort>(null),
    costs: signal<Costs | null>(null),
    matrix: signal<MatrixState>({ shares: "actual", order: "confused", text: "", from: [0, 0] }),
    trouble: signal(""),
    trials: signal({}),
    window: signal<number | null>(null),
    mover: signal<string | null>(null),
    replay: signal<Replay | null>(null),
  };
}

/** Everything a component may reach. */
export interface Panel {
  wire: Wire;
  py: Synced;
  view: ViewState;
  explore: Explore;
  history: History;
}
export const PanelContext = createContext<Panel | null>(null);

export function usePanel(): Panel {
  const panel = useContext(PanelContext);
  if (!panel) throw new Error("usePanel outside of a panel");
  return panel;
}
