/** The anywidget entry. Nothing is awaited: the first payload travels as traits. */
import { mount } from "./mount.tsx";
import type { Model } from "./wire.ts";

interface RenderProps {
  model: Model;
  el: HTMLElement;
  signal?: AbortSignal;
}

function render({ model, el, signal }: RenderProps): () => void {
  const unmount = mount(model, el);
  let gone = false;
  const leave = (): void => {
    if (gone) return;
    gone = true;
    unmount();
  };
  signal?.addEventListener("abort", leave, { once: true });
  return leave;
}

export default { render };
