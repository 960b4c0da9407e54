import type { IndicatorDefinition } from '../definition.ts';
import { CMF, INTRADAY_INTENSITY, TWIGGS_MONEY_FLOW, WILLIAMS_AD } from './money-flow.ts';
import { EASE_OF_MOVEMENT, FORCE_INDEX, KLINGER, VOLUME_ZONE_OSCILLATOR } from './volume-force.ts';
import { NVI, PVI, PVT } from './volume-indices.ts';
import {
  MARKET_FACILITATION_INDEX,
  PVO,
  RELATIVE_VOLUME,
  UP_DOWN_VOLUME,
  VOLUME_OSCILLATOR,
  VWMACD,
} from './volume-ratios.ts';
import { ANCHORED_VWAP, ROLLING_VWAP, VWAP } from './vwap.ts';

/** Volume indicators that TA-Lib does not have. */
export const VOLUME_BEYOND: readonly IndicatorDefinition[] = [
  VWAP,
  ANCHORED_VWAP,
  ROLLING_VWAP,
  CMF,
  TWIGGS_MONEY_FLOW,
  INTRADAY_INTENSITY,
  WILLIAMS_AD,
  FORCE_INDEX,
  EASE_OF_MOVEMENT,
  KLINGER,
  VOLUME_ZONE_OSCILLATOR,
  PVT,
  NVI,
  PVI,
  PVO,
  VOLUME_OSCILLATOR,
  VWMACD,
  RELATIVE_VOLUME,
  MARKET_FACILITATION_INDEX,
  UP_DOWN_VOLUME,
];
