import type { Finding as FindingType } from "../types.ts";
import { STATUS } from "../words.ts";
import { CopyButton } from "./Copy.tsx";
import { Evidence } from "./Evidence.tsx";
import { Icon, tone } from "./Icon.tsx";
import { Text } from "./Text.tsx";
import { TryFix } from "./TryFix.tsx";

/** Loud findings stand open; the rest are one line each that opens. */
export function Finding({ finding: f, open = false }: { finding: FindingType; open?: boolean }) {
  return (
    <details class={`lw-finding lw-card lw-any lw-is-${f.status}`} open={open} style={tone(f.status)} data-code={f.code}>
      <summary class="lw-finding-head lw-beside">
        <Icon status={f.status} label={STATUS[f.status]} />
        <span class="lw-finding-line">
          <b class="lw-finding-title"><bdi>{f.title}</bdi></b>{" "}
          <code class="lw-mono lw-muted">{f.code}</code>
          {!open && <span class="lw-finding-short lw-small lw-muted"><Text text={f.summary} max={160} /></span>}
        </span>
      </summary>
      <div class="lw-finding-body">
        {f.summary && <p class="lw-finding-summary"><bdi>{f.summary}</bdi></p>}
        {f.evidence.map((e, i) => <Evidence key={i} evidence={e} />)}
        {f.fix && (
          <>
            <pre class="lw-code" tabIndex={0}><code>{f.fix}</code></pre>
            <TryFix code={f.code}><CopyButton text={f.fix} label="Copy fix" /></TryFix>
          </>
        )}
        {(f.why || f.question) && (
          <details class="lw-why">
            <summary class="lw-muted">Why it matters</summary>
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
