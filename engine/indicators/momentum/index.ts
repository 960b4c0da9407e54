import type { IndicatorDefinition } from '../definition.ts';
import { MOMENTUM_BEYOND } from './beyond.ts';
import { MACD, MACDFIX } from './macd.ts';
import { ADX, ADXR, DX } from './adx.ts';
import { AROON, AROONOSC } from './aroon.ts';
import { BOP } from './bop.ts';
import { CCI } from './cci.ts';
import { CMO } from './cmo.ts';
import { MINUS_DI, MINUS_DM, PLUS_DI, PLUS_DM } from './directional-movement.ts';
import { IMI } from './imi.ts';
import { MACDEXT } from './macdext.ts';
import { MFI } from './mfi.ts';
import { APO, PPO } from './price-oscillators.ts';
import { MOM, ROC, ROCP, ROCR, ROCR100 } from './rate-of-change.ts';
import { STOCH, STOCHF, WILLR } from './stochastic.ts';
import { STOCHRSI } from './stochrsi.ts';
import { TRIX } from './trix.ts';
import { ULTOSC } from './ultosc.ts';
import { RSI } from './rsi.ts';

export const MOMENTUM: readonly IndicatorDefinition[] = [
  RSI,
  MACD,
  ADX,
  ADXR,
  APO,
  AROON,
  AROONOSC,
  BOP,
  CCI,
  CMO,
  DX,
  IMI,
  MACDEXT,
  MACDFIX,
  MFI,
  MINUS_DI,
  MINUS_DM,
  MOM,
  PLUS_DI,
  PLUS_DM,
  PPO,
  ROC,
  ROCP,
  ROCR,
  ROCR100,
  STOCH,
  STOCHF,
  STOCHRSI,
  TRIX,
  ULTOSC,
  WILLR,
  ...MOMENTUM_BEYOND,
];
