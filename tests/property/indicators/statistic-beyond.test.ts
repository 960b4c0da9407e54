import { STATISTIC_BEYOND } from '../../../engine/indicators/statistic/beyond.ts';
import { describeProperties } from './properties.ts';

// A half-life waits for a window in which the series reverts.
describeProperties(STATISTIC_BEYOND, {
  sparse: ['half_life'],
  // In a window of three returns none may be a loss.
  parameters: { sortino_rolling: { timeperiod: 12 } },
});
