import type { IndicatorDefinition } from '../definition.ts';
import { ATR_BANDS, DONCHIAN, ENVELOPE, KELTNER } from './channels.ts';
import { GAUSSIAN, SUPER_SMOOTHER } from './ehlers-filters.ts';
import { GMMA } from './guppy.ts';
import { ALMA, HMA, VWMA } from './windowed-averages.ts';
import { MCGINLEY, SMMA, ZLEMA } from './low-lag-averages.ts';
import { MEDIAN } from './median.ts';
import { LINREG_CHANNEL } from './regression-channel.ts';
import { FRAMA, VIDYA } from './variable-averages.ts';

/** Averages and bands that TA-Lib does not have. */
export const OVERLAP_BEYOND: readonly IndicatorDefinition[] = [
  HMA,
  ALMA,
  VWMA,
  SMMA,
  ZLEMA,
  MCGINLEY,
  VIDYA,
  FRAMA,
  SUPER_SMOOTHER,
  GAUSSIAN,
  MEDIAN,
  GMMA,
  KELTNER,
  DONCHIAN,
  ATR_BANDS,
  ENVELOPE,
  LINREG_CHANNEL,
];
