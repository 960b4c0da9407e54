import { MOMENTUM_BEYOND } from '../../engine/indicators/momentum/beyond.ts';
import { MOMENTUM } from '../../engine/indicators/momentum/index.ts';

/** The momentum indicators that TA-Lib has, by name; the rest of the group is beyond it. */
export const TALIB_MOMENTUM = MOMENTUM.filter((each) => !MOMENTUM_BEYOND.includes(each)).toSorted(
  (a, b) => (a.id < b.id ? -1 : 1),
);

// One that drops out of the group must not drop out of its tests unseen.
if (TALIB_MOMENTUM.length !== 31)
  throw new Error(`TA-Lib has 31 momentum indicators, the group ${TALIB_MOMENTUM.length} of them`);
