import type { IndicatorDefinition } from '../definition.ts';
import { ACCBANDS } from './accbands.ts';
import { KAMA, MAMA, T3 } from './adaptive-averages.ts';
import { MA, MAVP } from './chosen-averages.ts';
import { MIDPOINT, MIDPRICE } from './midpoints.ts';
import { SAR, SAREXT } from './parabolic.ts';
import { DEMA, EMA, SMA, TEMA, TRIMA, WMA } from './simple-averages.ts';
import { HT_TRENDLINE } from './trendline.ts';
import { BBANDS } from './bbands.ts';
import { OVERLAP_BEYOND } from './beyond.ts';

export const OVERLAP: readonly IndicatorDefinition[] = [
  SMA,
  EMA,
  WMA,
  DEMA,
  TEMA,
  TRIMA,
  KAMA,
  MAMA,
  T3,
  MA,
  MAVP,
  HT_TRENDLINE,
  BBANDS,
  ACCBANDS,
  MIDPOINT,
  MIDPRICE,
  SAR,
  SAREXT,
  ...OVERLAP_BEYOND,
];
