/**
 * Depth below the highest value so far, in percent, ≤ 0; NaN where there is no value.
 * @param start a value that came before the first
 */
export function drawdownOf(
  values: Float64Array,
  start = Number.NEGATIVE_INFINITY,
): Float64Array<ArrayBuffer> {
  let peak = start;
  return Float64Array.from(values, (value) => {
    if (value > peak) peak = value;
    return (value / peak - 1) * 100;
  });
}
