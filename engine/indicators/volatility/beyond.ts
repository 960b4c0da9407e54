import type { IndicatorDefinition } from '../definition.ts';
import {
  EWMA_VOLATILITY,
  GARMAN_KLASS,
  GARMAN_KLASS_YANG_ZHANG,
  HISTORICAL_VOLATILITY,
  PARKINSON,
  ROGERS_SATCHELL,
  YANG_ZHANG,
} from './realized.ts';

/** Estimators of realised volatility, all as annual deviation in percent. */
export const VOLATILITY_BEYOND: readonly IndicatorDefinition[] = [
  HISTORICAL_VOLATILITY,
  PARKINSON,
  GARMAN_KLASS,
  ROGERS_SATCHELL,
  GARMAN_KLASS_YANG_ZHANG,
  YANG_ZHANG,
  EWMA_VOLATILITY,
];
