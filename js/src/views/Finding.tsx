import { value } from "../format.ts";
import type { Evidence as EvidenceType, Finding as FindingType } from "../types.ts";
import { STATUS } from "../words.ts";
import { CopyButton } from "./Copy.tsx";
import { Icon, tone } from "./Icon.tsx";
import { Text } from "./Text.tsx";

/** Loud findings stand open; the rest are one line each that opens. */
export function Finding({ finding: f, open = false }: { finding: FindingType; open?: boolean }) {
  return (
    <details class={`lw-finding lw-is-${f.status}`} open={open} style={tone(f.status)} data-code={f.code}>
      <summary class="lw-finding-head">
        <Icon status={f.status} label={STATUS[f.status]} />
        <span class="lw-finding-line">
          <b class="lw-finding-title"><bdi>{f.title}</bdi></b>{" "}
          <code class="lw-mono">{f.code}</code>
          {!open && <span class="lw-finding-short"><Text text={f.summary} max={160} /></span>}
        </span>
      </summary>
      <div class="lw-finding-body">
        {f.summary && <p class="lw-finding-summary"><bdi>{f.summary}</bdi></p>}
        {f.evidence.map((e, i) => <Evidence key={i} evidence={e} />)}
        {f.fix && (
          <>
            <pre class="lw-code" tabIndex={0}><code>{f.fix}</code></pre>
            <div class="lw-acts"><CopyButton text={f.fix} label="Copy fix" /></div>
          </>
        )}
        {(f.why || f.question) && (
          <details class="lw-why">
            <summary>Why it matters</summary>
            {f.question && <p><i>{f.question}</i></p>}
            <p>{f.why}</p>
            <Docs url={f.docs_url} />
          </details>
        )}
      </div>
    </details>
  );
}

function Docs({ url }: { url: string }) {
  if (!/^https?:\/\//i.test(url)) return null;
  return <p><a class="lw-link" href={url} target="_blank" rel="noopener noreferrer">Read more</a></p>;
}

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
