import { Grid } from "../charts/Grid.tsx";
import { value } from "../format.ts";
import type { Evidence as EvidenceType } from "../types.ts";
import { Text } from "./Text.tsx";

const NUMERIC = new Set(["integer", "number", "percent", "score"]);

export function Evidence({ evidence: { caption, columns, rows, total } }: { evidence: EvidenceType }) {
  const numeric = (i: number): boolean => NUMERIC.has(columns[i]?.format ?? "");
  const headless = numeric(0);
  return (
    <Grid evidence caption={caption} group={caption || "Evidence"} headless={headless}
      side={(i) => (numeric(i) ? "lw-num" : columns[i]?.format === "code" ? "lw-mono" : "")}
      columns={columns.map((c) => <Text text={c.name} max={36} />)}
      rows={rows.map((row) => row.map((v, i) => <Text text={value(v, columns[i]?.format ?? "text")} max={i || headless ? 90 : 48} />))}
      foot={total > rows.length && `${rows.length} of ${value(total, "integer")} shown`} />
  );
}
