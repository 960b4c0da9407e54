import { integer } from '../definition.ts';
import type { NumberParameter } from '../../domain/parameters.ts';
import {
  kamaColumn,
  kamaLength,
  kamaStep,
  MAMA_FAST,
  MAMA_LENGTH,
  MAMA_LOOKBACK,
  MAMA_SLOW,
  mamaColumn,
  mamaStep,
} from './adaptive-averages.ts';
import {
  EMA_LENGTH,
  emaColumn,
  emaStep,
  smaColumn,
  smaLength,
  smaStep,
  trimaColumn,
  trimaLength,
  trimaStep,
  wmaColumn,
  wmaLength,
  wmaStep,
} from './averages.ts';
import {
  DEMA_LENGTH,
  demaColumn,
  demaStep,
  T3_LENGTH,
  t3Column,
  t3Step,
  TEMA_LENGTH,
  temaColumn,
  temaStep,
} from './chained-averages.ts';

/**
 * A moving average chosen by its number, as where TA-Lib has an option of type MAType. As there, a
 * period of 1 gives the input itself whatever the type; MAMA takes no period and has the limits 0.5 and
 * 0.05; T3 has the volume factor 0.7.
 *
 * In batch: `movingAverageColumn(type, input, period, output, start)`; the series begins at `start`
 * (where the NaN lead-in of a chained input ends) and the first value stands at
 * `start + movingAverageLookback(type, period)`.
 *
 * In a stream: keep `movingAverageLength(type, period)` numbers of the state, zeros at the start, from
 * `at` on, and call `movingAverageStep(type, state, at, period, x)` for each value once there is one
 * (not for the NaN of a chained lead-in). It gives NaN for the first `movingAverageLookback` values.
 * Both give the same values to the last bit.
 */
export const SMA_TYPE = 0;
export const EMA_TYPE = 1;
export const WMA_TYPE = 2;
export const DEMA_TYPE = 3;
export const TEMA_TYPE = 4;
export const TRIMA_TYPE = 5;
export const KAMA_TYPE = 6;
export const MAMA_TYPE = 7;
export const T3_TYPE = 8;

const T3_VOLUME = 0.7;

/** A parameter that chooses the type, simple by default. */
export function movingAverageType(
  name: string,
  label: string,
  value: number = SMA_TYPE,
): NumberParameter {
  return integer(
    name,
    label,
    value,
    'Kind of average: 0 SMA, 1 EMA, 2 WMA, 3 DEMA, 4 TEMA, 5 TRIMA, 6 KAMA, 7 MAMA, 8 T3.',
    [SMA_TYPE, T3_TYPE],
  );
}

/** Values before the first average. */
export function movingAverageLookback(type: number, period: number): number {
  if (period <= 1) return 0;
  switch (type) {
    case DEMA_TYPE:
      return 2 * (period - 1);
    case TEMA_TYPE:
      return 3 * (period - 1);
    case KAMA_TYPE:
      return period;
    case MAMA_TYPE:
      return MAMA_LOOKBACK;
    case T3_TYPE:
      return 6 * (period - 1);
    default:
      return period - 1;
  }
}

/**
 * The average of a whole column.
 * @param output another array than `input`; every element is written, NaN before the first value
 * @param start where the series begins; what stands before it is not read
 */
export function movingAverageColumn(
  type: number,
  input: Float64Array,
  period: number,
  output: Float64Array,
  start = 0,
): void {
  if (period <= 1) {
    output.set(input);
    output.fill(Number.NaN, 0, Math.min(start, input.length));
    return;
  }
  switch (type) {
    case EMA_TYPE:
      emaColumn(input, period, output, start);
      break;
    case WMA_TYPE:
      wmaColumn(input, period, output, start);
      break;
    case DEMA_TYPE:
      demaColumn(input, period, output, start);
      break;
    case TEMA_TYPE:
      temaColumn(input, period, output, start);
      break;
    case TRIMA_TYPE:
      trimaColumn(input, period, output, start);
      break;
    case KAMA_TYPE:
      kamaColumn(input, period, output, start);
      break;
    case MAMA_TYPE:
      mamaColumn(input, MAMA_FAST, MAMA_SLOW, output, undefined, start);
      break;
    case T3_TYPE:
      t3Column(input, period, T3_VOLUME, output, start);
      break;
    default:
      smaColumn(input, period, output, start);
  }
}

/** Numbers that `movingAverageStep` remembers. */
export function movingAverageLength(type: number, period: number): number {
  if (period <= 1) return 0;
  switch (type) {
    case EMA_TYPE:
      return EMA_LENGTH;
    case WMA_TYPE:
      return wmaLength(period);
    case DEMA_TYPE:
      return DEMA_LENGTH;
    case TEMA_TYPE:
      return TEMA_LENGTH;
    case TRIMA_TYPE:
      return trimaLength(period);
    case KAMA_TYPE:
      return kamaLength(period);
    case MAMA_TYPE:
      return MAMA_LENGTH;
    case T3_TYPE:
      return T3_LENGTH;
    default:
      return smaLength(period);
  }
}

/** Takes one value. @returns the average, NaN for the first `movingAverageLookback` values. */
export function movingAverageStep(
  type: number,
  state: Float64Array,
  at: number,
  period: number,
  x: number,
): number {
  if (period <= 1) return x;
  switch (type) {
    case EMA_TYPE:
      return emaStep(state, at, period, x);
    case WMA_TYPE:
      return wmaStep(state, at, period, x);
    case DEMA_TYPE:
      return demaStep(state, at, period, x);
    case TEMA_TYPE:
      return temaStep(state, at, period, x);
    case TRIMA_TYPE:
      return trimaStep(state, at, period, x);
    case KAMA_TYPE:
      return kamaStep(state, at, period, x);
    case MAMA_TYPE:
      return mamaStep(state, at, MAMA_FAST, MAMA_SLOW, x);
    case T3_TYPE:
      return t3Step(state, at, period, T3_VOLUME, x);
    default:
      return smaStep(state, at, period, x);
  }
}
