import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { usePanel } from "../state/view.ts";

/** navigator.clipboard is missing on plain http and blocked in some frames: then the old command does it. */
export async function copyText(text: string, near: Element): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.style.cssText = "position:fixed;inset:0 auto auto 0;width:1px;height:1px;opacity:0";
    const focused = (near.getRootNode() as Document | ShadowRoot).activeElement as HTMLElement | null;
    near.append(area);
    area.select();
    let done = false;
    try {
      done = document.execCommand("copy");
    } catch { /* false says it */ }
    area.remove();
    focused?.focus();
    return done;
  }
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { view } = usePanel();
  const state = useSignal<"" | "Copied" | "Select and copy by hand">("");
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => () => clearTimeout(timer.current), []);
  const copy = async (): Promise<void> => {
    const done = await copyText(text, button.current?.parentElement ?? document.body);
    state.value = done ? "Copied" : "Select and copy by hand";
    view.say(done ? "Copied" : "Copying is blocked here: select the text and copy it by hand");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => { state.value = ""; }, 2000);
  };
  return <button ref={button} type="button" class="lw-button" onClick={copy}>{state.value || label}</button>;
}
