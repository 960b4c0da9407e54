import type { IndicatorDefinition } from '../definition.ts';
import { HT_DCPERIOD, HT_PHASOR } from './period.ts';
import { HT_DCPHASE, HT_SINE, HT_TRENDMODE } from './phase.ts';

export const CYCLE: readonly IndicatorDefinition[] = [
  HT_DCPERIOD,
  HT_DCPHASE,
  HT_PHASOR,
  HT_SINE,
  HT_TRENDMODE,
];
