import { Component, type ComponentChildren } from "preact";
import { tone } from "./Icon.tsx";

interface Props {
  what: string;
  children: ComponentChildren;
  /** A change of these tries again by itself. */
  on?: unknown;
}

/** A part that breaks says so in its place; the rest of the panel goes on. */
export class Boundary extends Component<Props, { error: unknown; on: unknown }> {
  override state = { error: null as unknown, on: this.props.on };

  static override getDerivedStateFromProps(props: Props, state: { error: unknown; on: unknown }) {
    return props.on === state.on ? null : { error: null, on: props.on };
  }

  override componentDidCatch(error: unknown): void {
    console.error(error);
    this.setState({ error: error ?? new Error("unknown") });
  }

  override render() {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return <Broken what={`${this.props.what} could not be drawn`} error={error}
      retry={() => this.setState({ error: null })} />;
  }
}

export function Broken({ what, error, retry }: { what: string; error: unknown; retry?: () => void }) {
  const e = error instanceof Error ? error : new Error(String(error));
  return (
    <div class="lw-failure lw-card lw-any" role="alert" style={tone("error")}>
      <p><b>{what}</b></p>
      <p class="lw-failure-message"><b>{e.name}</b>: {e.message}</p>
      {e.stack && <details><summary>Stack</summary><pre class="lw-code">{e.stack}</pre></details>}
      {retry && <button type="button" class="lw-button" onClick={retry}>Try again</button>}
    </div>
  );
}
