/** Mounting a panel in a test, and finding things in it the way a person does. */
import { afterEach } from "vitest";
import panel from "../src/index.ts";
import { mount } from "../src/mount.tsx";
import { createView, type ViewState } from "../src/state/view.ts";
import "../src/styles/panel.css";
import { cubeOf, loans, type Rows } from "./fixture.ts";
import { cubeTraits, type FakeModel, fakeModel } from "./model.ts";
import { report } from "./report.ts";

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
  document.body.replaceChildren();
});

export interface Mounted {
  model: FakeModel;
  el: HTMLElement;
  unmount(): void;
}

function place(width: number): HTMLElement {
  const el = document.createElement("div");
  el.style.width = `${width}px`;
  document.body.append(el);
  return el;
}
export function mountModel(model: FakeModel, width = 1000): Mounted {
  const el = place(width);
  const unmount = panel.render({ model, el });
  open.push(unmount);
  return { model, el, unmount };
}
export const mountWith = (values: Record<string, unknown>, width?: number): Mounted => mountModel(fakeModel(values), width);

let small: ReturnType<typeof cubeOf> | undefined;
/** A finished climb over 3,000 loans. */
export function mountLoans(values: Record<string, unknown> = {}, rows?: Rows): Mounted {
  small ??= cubeOf(loans());
  return mountWith({ status: "done", _report: report(), ...cubeTraits(rows ? cubeOf(rows) : small), ...values });
}

/** The same with the state of its view at hand. */
export function mountPanel(values: Record<string, unknown> = {}): Mounted & { view: ViewState } {
  small ??= cubeOf(loans());
  const model = fakeModel({ status: "done", _report: report(), ...cubeTraits(small), ...values });
  const el = place(1000);
  const view = createView();
  const unmount = mount(model, el, view);
  open.push(unmount);
  return { model, el, view, unmount };
}

export const all = (el: ParentNode, selector: string): HTMLElement[] => [...el.querySelectorAll<HTMLElement>(selector)];
export function named(el: ParentNode, role: string, name: string | RegExp): HTMLElement {
  const tag = { button: "button", tab: "[role=tab]", slider: "[role=slider]", table: "table" }[role] ?? `[role=${role}]`;
  const found = all(el, tag).filter((e) => {
    const label = e.getAttribute("aria-label") ?? e.textContent?.trim() ?? "";
    return typeof name === "string" ? label === name : name.test(label);
  });
  if (found.length !== 1) throw new Error(`${found.length} elements of role ${role} named ${name}`);
  return found[0] as HTMLElement;
}
export const press = (el: Element, key: string): boolean =>
  el.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, composed: true }));
/** Preact draws after a microtask, effects after a frame. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
};
