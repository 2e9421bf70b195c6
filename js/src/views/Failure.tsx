import { usePanel } from "../state/view.ts";
import { Broken } from "./Boundary.tsx";
import { Icon, tone } from "./Icon.tsx";

/** The climb itself broke, or something that arrived could not be read. */
export function Failure() {
  const { py } = usePanel();
  const failure = py.failure.value;
  return (
    <>
      {failure && (
        <div class="lw-failure lw-card lw-any" role="alert" style={tone("error")}>
          <p><b><Icon status="error" label="" /> The climb broke</b></p>
          <p class="lw-failure-message"><b>{failure.type}</b>: <bdi>{failure.message}</bdi></p>
          {failure.traceback && (
            <details>
              <summary>Traceback</summary>
              <pre class="lw-code" tabIndex={0}><code>{failure.traceback}</code></pre>
            </details>
          )}
        </div>
      )}
      {py.broken.value && <Broken what="What the kernel sent could not be read" error={py.broken.value} />}
    </>
  );
}
