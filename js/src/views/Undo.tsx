import { useEffect, useRef } from "preact/hooks";
import type { Step } from "../history.ts";
import { usePanel } from "../state/view.ts";
import { stepText } from "../words.ts";

/** Undo and redo of the selection; Ctrl or Cmd with Z anywhere in the panel but in a field. */
export function Undo() {
  const { py, view, explore, history } = usePanel();
  const box = useRef<HTMLSpanElement>(null);
  const back = history.undoable.value;
  const forth = history.redoable.value;
  const words = (step: Step): string => {
    const errors = py.base.peek()?.errors;
    return errors ? stepText(errors, py.subgroups.peek(), explore.lowest.peek(), step) : "";
  };
  const undo = (): void => {
    const words_ = back && words(back);
    if (history.undo()) view.say(`Undone: ${words_}`);
  };
  const redo = (): void => {
    const words_ = forth && words(forth);
    if (history.redo()) view.say(`Done again: ${words_}`);
  };
  const latest = useRef({ undo, redo });
  latest.current = { undo, redo };

  useEffect(() => {
    const panel = box.current?.closest<HTMLElement>(".lw");
    const key = (e: KeyboardEvent): void => {
      const field = (e.target as Element).closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
      if (!(e.ctrlKey || e.metaKey) || e.altKey || field) return;
      const letter = e.key.toLowerCase();
      if (letter !== "z" && (letter !== "y" || e.shiftKey)) return;
      // Also with nothing to undo: the notebook would undo something of its own.
      e.preventDefault();
      e.stopPropagation();
      if (letter === "y" || e.shiftKey) latest.current.redo();
      else latest.current.undo();
    };
    panel?.addEventListener("keydown", key);
    return () => panel?.removeEventListener("keydown", key);
  }, []);

  return (
    <span class="lw-undo lw-beside" ref={box}>
      <Button text="Undo" step={back && words(back)} act={undo} />
      <Button text="Redo" step={forth && words(forth)} act={redo} />
    </span>
  );
}

function Button({ text, step, act }: { text: string; step: string | null; act: () => void }) {
  const name = step ? `${text}: ${step}` : text;
  return (
    <button type="button" class="lw-button" aria-label={name} title={step ? name : undefined} aria-disabled={step === null}
      onClick={act}>{text}</button>
  );
}
