import { value } from "../format.ts";
import type { Evidence as EvidenceType } from "../types.ts";
import { Text } from "./Text.tsx";

const NUMERIC = new Set(["integer", "number", "percent", "score"]);

export function Evidence({ evidence: { caption, columns, rows, total } }: { evidence: EvidenceType }) {
  const side = (i: number): string =>
    NUMERIC.has(columns[i]?.format ?? "") ? "lw-num" : columns[i]?.format === "code" ? "lw-mono" : "";
  return (
    <div class="lw-scroll" tabIndex={0} role="group" aria-label={caption || "Evidence"}>
      <table class="lw-table lw-evidence">
        {caption && <caption><bdi>{caption}</bdi></caption>}
        <thead>
          <tr>{columns.map((c, i) => <th key={i} scope="col" class={side(i)}><Text text={c.name} max={36} /></th>)}</tr>
        </thead>
        <tbody>
          {rows.map((row, r) => (
            <tr key={r}>
              {row.map((v, i) => {
                const text = value(v, columns[i]?.format ?? "text");
                return i === 0 && !NUMERIC.has(columns[0]?.format ?? "")
                  ? <th key={i} scope="row" class={side(i)}><Text text={text} max={48} /></th>
                  : <td key={i} class={side(i)}><Text text={text} max={90} /></td>;
              })}
            </tr>
          ))}
        </tbody>
        {total > rows.length && (
          <tfoot><tr><td colSpan={columns.length} class="lw-muted">{rows.length} of {value(total, "integer")} shown</td></tr></tfoot>
        )}
      </table>
    </div>
  );
}
