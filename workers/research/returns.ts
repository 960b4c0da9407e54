import { returnsOf } from '../../engine/stats/moments.ts';

/** Returns of all bars of a run: that of the first is on the capital, as in its statistics. */
export function returnsWith(capital: number, equity: Float64Array): Float64Array {
  const curve = new Float64Array(equity.length + 1);
  curve[0] = capital;
  curve.set(equity, 1);
  return returnsOf(curve);
}
