/** Numbers that `delayStep` remembers: [place, ring]. */
export function delayLength(bars: number): number {
  return bars + 1;
}

/**
 * Takes a value and gives the one of `bars` bars ago; 0 while there is none, so that the caller has to
 * know how many it has put in.
 */
export function delayStep(state: Float64Array, at: number, bars: number, x: number): number {
  if (bars === 0) return x;
  const place = state[at] as number;
  const ring = at + 1 + place;
  const delayed = state[ring] as number;
  state[ring] = x;
  state[at] = place + 1 === bars ? 0 : place + 1;
  return delayed;
}
