import { describe } from 'vitest';
import { MOMENTUM_BEYOND } from '../../../engine/indicators/momentum/beyond.ts';
import { DISPARITY_INDEX } from '../../../engine/indicators/momentum/distance.ts';
import { RELATIVE_VOLATILITY_INDEX } from '../../../engine/indicators/momentum/ranges.ts';
import { describeProperties } from './properties.ts';

describeProperties(MOMENTUM_BEYOND);

describe('with an exponential average', () => {
  describeProperties([DISPARITY_INDEX, RELATIVE_VOLATILITY_INDEX], {
    parameters: {
      disparity_index: { timeperiod: 4, average: 'ema' },
      relative_volatility_index: { deviationperiod: 3, timeperiod: 4, average: 'ema' },
    },
  });
});
