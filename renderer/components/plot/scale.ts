/** Round numbers for axes. */

/** About `wanted` round values from `low` to `high`. */
export function ticksOf(low: number, high: number, wanted: number): number[] {
  if (!(high > low) || !(wanted >= 1)) return Number.isFinite(low) ? [low] : [];
  // A few more are better than half as many.
  const step = roundUp(((high - low) / wanted) * 0.8);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) =>
    Number(((first + k) * step).toPrecision(12)),
  );
}

/** The first of 1, 2, 2.5, 5 and 10 times a power of ten that is no smaller. */
function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1, 2, 2.5, 5, 10].find((times) => times * power >= value * (1 - 1e-9)) ?? 10);
}

/** Least and largest number of some columns, with room above and below; null without any. */
export function extentOf(
  columns: readonly ArrayLike<number>[],
  room = 0.06,
): { readonly low: number; readonly high: number } | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    for (let i = 0; i < column.length; i += 1) {
      const value = column[i] as number;
      if (!Number.isFinite(value)) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  if (low > high) return null;
  const space = high > low ? (high - low) * room : Math.abs(high) * 0.1 || 1;
  return { low: low - space, high: high + space };
}

/** The place of `values` that is nearest to a value; -1 without any. */
export function nearestPlace(values: ArrayLike<number>, value: number): number {
  let best = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < values.length; i += 1) {
    const distance = Math.abs((values[i] as number) - value);
    if (distance < least) {
      least = distance;
      best = i;
    }
  }
  return best;
}
