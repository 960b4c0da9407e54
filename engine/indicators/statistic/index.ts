import type { IndicatorDefinition } from '../definition.ts';
import { STATISTIC_BEYOND } from './beyond.ts';
import { STDDEV, VAR } from './dispersion.ts';
import {
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  TSF,
} from './linear-regression.ts';
import { BETA, CORREL } from './pairs.ts';

export const STATISTIC: readonly IndicatorDefinition[] = [
  BETA,
  CORREL,
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  STDDEV,
  TSF,
  VAR,
  ...STATISTIC_BEYOND,
];
