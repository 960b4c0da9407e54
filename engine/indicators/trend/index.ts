import type { IndicatorDefinition } from '../definition.ts';
import { BB_BANDWIDTH, BB_PERCENT_B, ZSCORE } from './bollinger.ts';
import { ICHIMOKU } from './ichimoku.ts';
import { COPPOCK, DPO, KST } from './oscillators.ts';
import { ELDER_IMPULSE, TSI, WAVE_TREND } from './oscillators-smoothed.ts';
import { QQE, STC } from './oscillators-trailing.ts';
import { PSAR } from './psar.ts';
import { SQUEEZE } from './squeeze.ts';
import { CHANDE_KROLL, CHANDELIER } from './stops.ts';
import { SUPERTREND } from './supertrend.ts';
import { RWI, TREND_INTENSITY, VHF } from './trendiness.ts';
import { CHOPPINESS, MASS_INDEX, VORTEX } from './vortex.ts';
import { ALLIGATOR, FRACTALS, GATOR } from './williams.ts';

export const TREND: readonly IndicatorDefinition[] = [
  SUPERTREND,
  ICHIMOKU,
  CHANDE_KROLL,
  CHANDELIER,
  PSAR,
  VORTEX,
  MASS_INDEX,
  CHOPPINESS,
  VHF,
  RWI,
  TREND_INTENSITY,
  ALLIGATOR,
  GATOR,
  FRACTALS,
  ELDER_IMPULSE,
  SQUEEZE,
  COPPOCK,
  KST,
  DPO,
  TSI,
  STC,
  QQE,
  WAVE_TREND,
  BB_PERCENT_B,
  BB_BANDWIDTH,
  ZSCORE,
];
