import { STATUS } from "../words.ts";
import type { RungStatus } from "../types.ts";

/** Outlines differ so that no verdict hangs on colour: disc, soft square, square, ring, diamond. */
const SHAPE: Record<RungStatus, string> = {
  pass: "M9 1a8 8 0 1 1 0 16A8 8 0 0 1 9 1Z",
  warn: "M10.2 2.2l6.5 11.6c.5.9-.1 2.2-1.2 2.2h-13c-1.1 0-1.7-1.3-1.2-2.2L7.8 2.2c.5-.9 1.9-.9 2.4 0Z",
  fail: "M3.5 1h11A2.5 2.5 0 0 1 17 3.5v11a2.5 2.5 0 0 1-2.5 2.5h-11A2.5 2.5 0 0 1 1 14.5v-11A2.5 2.5 0 0 1 3.5 1Z",
  skip: "M9 1a8 8 0 1 1 0 16A8 8 0 0 1 9 1Z",
  error: "M6 1h6l5 5v6l-5 5H6l-5-5V6Z",
  pending: "M9 2a7 7 0 1 1 0 14A7 7 0 0 1 9 2Z",
  running: "M9 2a7 7 0 1 1 0 14A7 7 0 0 1 9 2Z",
};
const GLYPH: Partial<Record<RungStatus, string>> = {
  pass: "M5.4 9.2l2.5 2.5L12.7 6.5",
  warn: "M9 6.2v4.2M9 13.1v.1",
  fail: "M6 6l6 6M12 6l-6 6",
  skip: "M5.5 9h7",
  error: "M7.2 7c0-2.5 3.8-2.3 3.8-.1 0 1.5-2 1.5-2 3M9 12.9v.1",
};

const OPEN: Partial<Record<RungStatus, string>> = { pending: "line-firm", running: "line" };

/** The colour of a verdict, for an icon or the edge of a card. */
export const tone = (status: RungStatus): Record<string, string> => ({ "--lw-icon": `var(--lw-${OPEN[status] ?? `fill-${status}`})` });

export function Icon({ status, label, hollow = false }: { status: RungStatus; label?: string; hollow?: boolean }) {
  const name = label ?? STATUS[status];
  const ring = OPEN[status] !== undefined;
  const outline = ring || hollow;
  return (
    <svg class="lw-icon" style={tone(status)} viewBox="0 0 18 18" width="18" height="18"
      fill="none" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"
      role={name ? "img" : undefined} aria-label={name || undefined} aria-hidden={name ? undefined : "true"}>
      <path d={SHAPE[status]} fill={outline ? undefined : "currentColor"} stroke={outline ? "currentColor" : undefined}
        stroke-width={status === "running" ? 2.5 : ring ? 2 : 1} stroke-linecap="butt" stroke-linejoin="miter"
        stroke-dasharray={status === "pending" ? "2 3.5" : undefined} />
      {GLYPH[status] && <path class={hollow ? undefined : "lw-glyph"} stroke="currentColor" d={GLYPH[status]} />}
      {status === "running" && <path class="lw-turn" stroke-width="2.5" d="M9 2a7 7 0 0 1 7 7" />}
    </svg>
  );
}
