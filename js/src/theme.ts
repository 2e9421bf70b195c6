/** Light or dark, as the host is right now: followed live through parent frames as far as they can be reached. */
import { signal, type Signal } from "@preact/signals";

type Side = "light" | "dark";

function ofDocument(doc: Document): Side | null {
  const { body, documentElement: html } = doc;
  const jupyter = body?.getAttribute("data-jp-theme-light");
  if (jupyter === "true" || jupyter === "false") return jupyter === "true" ? "light" : "dark";
  const code = body?.getAttribute("data-vscode-theme-kind") ?? "";
  if (code || /\bvscode-(light|dark|high-contrast)/.test(body?.className ?? "")) {
    const kind = code || body.className;
    return /light/.test(kind) ? "light" : "dark";
  }
  for (const el of [html, body]) {
    if (!el) continue;
    const said = `${el.getAttribute("data-theme") ?? ""} ${el.getAttribute("theme") ?? ""} ${el.getAttribute("data-color-mode") ?? ""}`;
    if (/\bdark\b/i.test(said) || el.classList.contains("dark")) return "dark";
    if (/\blight\b/i.test(said) || el.classList.contains("light")) return "light";
  }
  return null;
}

function documents(start: Window): Document[] {
  const out: Document[] = [];
  for (let w: Window = start; ; w = w.parent) {
    try {
      out.push(w.document);
    } catch {
      break; // another origin
    }
    if (w === w.parent) break;
  }
  return out;
}

/** Luminance of the first opaque background around the element. */
function ofBackground(element: Element): Side | null {
  for (let el: Element | null = element; el; el = el.parentElement ?? (el.getRootNode() as ShadowRoot).host ?? null) {
    const [r = 0, g = 0, b = 0, a = 1] = (getComputedStyle(el).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (a > 0.5) return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128 ? "dark" : "light";
  }
  return null;
}

/** Follows the host's theme until disposed. `host` must lie outside of the panel's own background. */
export function followTheme(host: Element): { theme: Signal<Side>; dispose(): void } {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const docs = documents(window);
  const now = (): Side => {
    for (const doc of docs) {
      const side = ofDocument(doc);
      if (side) return side;
    }
    return ofBackground(host) ?? (dark.matches ? "dark" : "light");
  };
  const theme = signal(now());
  const look = (): void => { theme.value = now(); };
  const observers: MutationObserver[] = [];
  for (const doc of docs) {
    const Observer = (doc.defaultView as (Window & typeof globalThis) | null)?.MutationObserver ?? MutationObserver;
    const observer = new Observer(look);
    for (const el of [doc.documentElement, doc.body]) if (el) observer.observe(el, { attributes: true });
    observers.push(observer);
  }
  dark.addEventListener("change", look);
  return {
    theme,
    dispose() {
      for (const observer of observers) observer.disconnect();
      dark.removeEventListener("change", look);
    },
  };
}
