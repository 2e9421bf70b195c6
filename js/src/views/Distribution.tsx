import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { TwoSides } from "../charts/TwoSides.tsx";
import { fixed, percent } from "../format.ts";
import { usePanel } from "../state/view.ts";
import type { Cell, DistributionGiven } from "../types.ts";
import { Superseded, words } from "../wire.ts";
import { cellWords } from "../words.ts";
import { Text } from "./Text.tsx";

/** How a feature is distributed on both sides of the contrast: from the rows, so the kernel is asked. */
export function Distribution({ feature }: { feature: string }) {
  const { wire, explore } = usePanel();
  const given = useSignal<DistributionGiven | null>(null);
  const failed = useSignal("");
  const subject = explore.subject.value;
  const { band, threshold, slice } = explore.selection.value;
  const asked = JSON.stringify([feature, subject, band, threshold, slice]);

  useEffect(() => {
    if (!subject) return;
    let current = true;
    // A drag passes many selections: only where it rests is asked for.
    const timer = setTimeout(() => {
      wire.request("distribution", { feature, cell: subject, band, threshold, slice }).then((answer) => {
        if (!current) return;
        failed.value = "";
        given.value = answer;
      }, (e: unknown) => {
        if (!current || e instanceof Superseded) return;
        failed.value = words(e);
        given.value = null;
      });
    }, given.peek() ? 150 : 0);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [asked]);

  if (!subject) return null;
  if (failed.value) {
    return (
      <p class="lw-note" role="alert">
        The distribution of <Text text={feature} max={48} /> {wire.live ? "could not be had:" : "comes from the rows, which stay with the data."}{" "}
        <bdi>{failed.value}</bdi>
      </p>
    );
  }
  if (!given.value) return <p class="lw-muted">Asking the kernel for the distribution of <Text text={feature} max={48} />…</p>;
  return <Picture given={given.value} subject={subject} />;
}

function Picture({ given, subject }: { given: DistributionGiven; subject: Cell }) {
  const { py } = usePanel();
  const errors = py.base.value?.errors;
  if (!errors) return null;
  const { here, there } = cellWords(errors, subject);
  return <TwoSides feature={given.feature} category={given.kind === "category"} bins={given.bins} names={[here, there]}
    rows={[given.here, given.there]} words={inWords(given)} />;
}

/** Kolmogorov–Smirnov, in words: how far apart the two cumulative shares get, and whether chance explains it. */
function inWords({ ks, p, kind }: DistributionGiven): string {
  if (ks === null) return kind === "category" ? "" : "Too few rows to compare the shapes.";
  const far = `At the widest point the cumulative shares are ${percent(ks, 0)} apart (KS ${fixed(ks, 2)}${p === null ? "" : `, p ${p < 0.001 ? "< 0.001" : fixed(p, 3)}`})`;
  if (p !== null && p >= 0.05) return `${far}: no more than chance explains.`;
  return `${far}: ${ks >= 0.3 ? "the shapes differ strongly" : ks >= 0.1 ? "the shapes differ" : "the shapes differ little"}.`;
}
