import { ADX, ADXR, DX } from '../../../engine/indicators/momentum/adx.ts';
import { AROON, AROONOSC } from '../../../engine/indicators/momentum/aroon.ts';
import { BOP } from '../../../engine/indicators/momentum/bop.ts';
import { CCI } from '../../../engine/indicators/momentum/cci.ts';
import { CMO } from '../../../engine/indicators/momentum/cmo.ts';
import {
  MINUS_DI,
  MINUS_DM,
  PLUS_DI,
  PLUS_DM,
} from '../../../engine/indicators/momentum/directional-movement.ts';
import { IMI } from '../../../engine/indicators/momentum/imi.ts';
import { MACD, MACDFIX } from '../../../engine/indicators/momentum/macd.ts';
import { MACDEXT } from '../../../engine/indicators/momentum/macdext.ts';
import { MFI } from '../../../engine/indicators/momentum/mfi.ts';
import { APO, PPO } from '../../../engine/indicators/momentum/price-oscillators.ts';
import {
  MOM,
  ROC,
  ROCP,
  ROCR,
  ROCR100,
} from '../../../engine/indicators/momentum/rate-of-change.ts';
import { RSI } from '../../../engine/indicators/momentum/rsi.ts';
import { STOCH, STOCHF, WILLR } from '../../../engine/indicators/momentum/stochastic.ts';
import { STOCHRSI } from '../../../engine/indicators/momentum/stochrsi.ts';
import { TRIX } from '../../../engine/indicators/momentum/trix.ts';
import { ULTOSC } from '../../../engine/indicators/momentum/ultosc.ts';
import { describeProperties } from './properties.ts';

describeProperties([
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
  MACD,
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
  RSI,
  STOCH,
  STOCHF,
  STOCHRSI,
  TRIX,
  ULTOSC,
  WILLR,
]);
