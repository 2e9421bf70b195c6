/** Pointer drags with capture. Browsers align moves to frames, so each is answered at once and painted in its own frame. */
import { useEffect, useRef } from "preact/hooks";

export interface Drag {
  /** Called at the start with the px position in the element and the handle under the pointer; returns what moves. */
  start(x: number, handle: string | null): ((x: number) => void) | null;
  end(): void;
}

export function useDrag({ start, end }: Drag): (e: PointerEvent) => void {
  const latest = useRef({ start, end });
  latest.current = { start, end };
  const stop = useRef<(() => void) | null>(null);
  useEffect(() => () => stop.current?.(), []);

  return (e) => {
    if (e.button !== 0 || !e.isPrimary || stop.current) return;
    const area = e.currentTarget as HTMLElement;
    const handle = (e.target as Element).closest<HTMLElement>("[data-handle]");
    // Measured once: asking during a drag would force a layout in every frame.
    const left = area.getBoundingClientRect().left;
    const at = (ev: PointerEvent): number => ev.clientX - left;
    const move = latest.current.start(at(e), handle?.dataset.handle ?? null);
    if (!move) return;
    e.preventDefault();
    handle?.focus({ preventScroll: true });
    area.setPointerCapture(e.pointerId);
    const abort = new AbortController();
    const finish = (): void => {
      abort.abort();
      stop.current = null;
      latest.current.end();
    };
    stop.current = finish;
    const { signal } = abort;
    area.addEventListener("pointermove", (ev) => move(at(ev)), { signal });
    area.addEventListener("pointerup", finish, { signal });
    area.addEventListener("pointercancel", finish, { signal });
    area.addEventListener("lostpointercapture", finish, { signal });
  };
}
