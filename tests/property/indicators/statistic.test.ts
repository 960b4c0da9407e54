import { STDDEV, VAR } from '../../../engine/indicators/statistic/dispersion.ts';
import {
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  TSF,
} from '../../../engine/indicators/statistic/linear-regression.ts';
import { BETA, CORREL } from '../../../engine/indicators/statistic/pairs.ts';
import { describeProperties } from './properties.ts';

describeProperties([
  BETA,
  CORREL,
  LINEARREG,
  LINEARREG_ANGLE,
  LINEARREG_INTERCEPT,
  LINEARREG_SLOPE,
  STDDEV,
  TSF,
  VAR,
]);
