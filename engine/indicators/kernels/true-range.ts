/** Largest move of a bar, the gap from the close before it included. */
export function trueRange(high: number, low: number, before: number): number {
  let range = high - low;
  const up = Math.abs(high - before);
  const down = Math.abs(low - before);
  if (up > range) range = up;
  return down > range ? down : range;
}
