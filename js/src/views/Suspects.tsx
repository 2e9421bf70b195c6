import { integer } from "../format.ts";
import { usePanel } from "../state/view.ts";
import type { Pick, Suspects as SuspectsType } from "../types.ts";

const KINDS: [Pick, keyof SuspectsType, string, string][] = [
  ["label-issues", "label_issues", "row with a suspected label error", "rows with suspected label errors"],
  ["opposite-duplicates", "opposite_duplicates", "row with a near-duplicate of the opposite label", "rows with near-duplicates of the opposite label"],
];

/** Rows whose labels may be wrong, counted; the table of rows shows them. */
export function Suspects() {
  const { py, view } = usePanel();
  const suspects = py.suspects.value;
  if (!suspects) return null;
  const show = (pick: Pick): void => {
    view.pick.value = view.pick.peek() === pick ? null : pick;
    if (view.pick.peek()) view.rowsOpen.value = true;
  };
  return (
    <div class="lw-suspects">
      <h4 class="lw-head">Labels to doubt<span class="lw-thin"> before the model is blamed</span></h4>
      <ul>
        {KINDS.map(([pick, key, one, many]) => {
          const { total, note } = suspects[key];
          return (
            <li key={pick} class="lw-foot">
              <span><b>{integer(total)}</b> {total === 1 ? one : many}</span>
              {total > 0 && (
                <button type="button" class="lw-link" aria-pressed={view.pick.value === pick} aria-label={`Show these rows: ${many}`}
                  onClick={() => show(pick)}>Show these rows</button>
              )}
              {note && <span class="lw-muted"><bdi>{note}</bdi></span>}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
