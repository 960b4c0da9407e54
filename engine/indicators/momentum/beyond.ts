import type { IndicatorDefinition } from '../definition.ts';
import { CONNORS_RSI } from './connors-rsi.ts';
import { DISPARITY_INDEX, ELDER_RAY, PGO, PSYCHOLOGICAL_LINE, QSTICK } from './distance.ts';
import { FISHER, INVERSE_FISHER_RSI } from './fisher.ts';
import {
  CHAIKIN_VOLATILITY,
  GAPO,
  RELATIVE_VIGOR_INDEX,
  RELATIVE_VOLATILITY_INDEX,
  ULCER_INDEX,
} from './ranges.ts';
import { RCI } from './rank-correlation.ts';
import {
  DERIVATIVE_OSCILLATOR,
  DYNAMIC_MOMENTUM_INDEX,
  LAGUERRE_RSI,
  RMI,
} from './rsi-relatives.ts';
import { PMO, SROC } from './smoothed-rates.ts';
import { SMI, SMI_ERGODIC } from './stochastic-momentum.ts';
import { ACCUMULATIVE_SWING_INDEX, SWING_INDEX } from './swing-index.ts';
import { ACCELERATOR, AWESOME } from './williams.ts';

/** Momentum and range indicators that TA-Lib does not have. */
export const MOMENTUM_BEYOND: readonly IndicatorDefinition[] = [
  FISHER,
  INVERSE_FISHER_RSI,
  CONNORS_RSI,
  RMI,
  DYNAMIC_MOMENTUM_INDEX,
  LAGUERRE_RSI,
  DERIVATIVE_OSCILLATOR,
  RELATIVE_VOLATILITY_INDEX,
  RELATIVE_VIGOR_INDEX,
  AWESOME,
  ACCELERATOR,
  ELDER_RAY,
  SMI,
  SMI_ERGODIC,
  PGO,
  PSYCHOLOGICAL_LINE,
  DISPARITY_INDEX,
  QSTICK,
  SROC,
  PMO,
  SWING_INDEX,
  ACCUMULATIVE_SWING_INDEX,
  RCI,
  GAPO,
  CHAIKIN_VOLATILITY,
  ULCER_INDEX,
];
