interface Props {
  /** The end of the axis, in px, and on which side of it what is meant lies. */
  x: number;
  y: number;
  side: 1 | -1;
  /** The estimate itself, and not only its interval. */
  solid?: boolean;
}

/** An arrow at the end of an axis: what it stands for lies further out. */
export const Beyond = ({ x, y, side, solid = false }: Props) =>
  <path class={`lw-beyond ${solid ? "lw-dot" : "lw-whisker"}`} d={`M${x - side} ${y - 5}l${6 * side} 5l${-6 * side} 5${solid ? "Z" : ""}`} />;
