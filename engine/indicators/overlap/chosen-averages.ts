import { RenataError } from '../../domain/errors.ts';
import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import {
  movingAverageColumn,
  movingAverageLength,
  movingAverageLookback,
  movingAverageStep,
  movingAverageType,
} from '../kernels/moving-average.ts';
import { isWindowed, windowAverage } from '../kernels/window-average.ts';

export const MA: IndicatorDefinition = {
  id: 'ma',
  aliases: ['moving_average'],
  title: 'Moving average',
  group: 'Overlap Studies',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 30, 'Bars of the average; 1 gives the input.', FROM_ONE),
    movingAverageType('matype', 'Average'),
  ],
  outputs: [line('ma', 'MA')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A moving average of a kind to choose, simple by default. MAMA takes no period here and has its usual limits 0.5 and 0.05; T3 has the volume factor 0.7. All but SMA, WMA and TRIMA depend on where the series starts.',
  formula: 'MA = SMA, EMA, WMA, DEMA, TEMA, TRIMA, KAMA, MAMA or T3 of n bars',
  source: 'TA-Lib MA',
  lookback: (parameters) =>
    movingAverageLookback(numberOf(parameters, 'matype'), numberOf(parameters, 'timeperiod')),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    movingAverageColumn(numberOf(parameters, 'matype'), input, period, output);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const type = numberOf(parameters, 'matype');
    const state = new Float64Array(movingAverageLength(type, period));
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = movingAverageStep(type, state, 0, period, inputs[0] as number);
      },
    };
  },
};

interface Range {
  readonly least: number;
  readonly most: number;
  readonly type: number;
  /** Bar of the first value. */
  readonly first: number;
}

function rangeOf(parameters: ParameterValues): Range {
  const least = numberOf(parameters, 'minperiod');
  const most = numberOf(parameters, 'maxperiod');
  if (least > most) {
    throw new RenataError(
      'BAD_INPUT',
      `mavp minperiod: ${least} must not be larger than maxperiod, which is ${most}.`,
      { details: { parameter: 'minperiod' } },
    );
  }
  const type = numberOf(parameters, 'matype');
  return { least, most, type, first: movingAverageLookback(type, most) };
}

function periodAt({ least, most }: Range, wanted: number): number {
  const whole = Math.trunc(wanted);
  return whole < least ? least : whole > most ? most : whole;
}

/** Averages that are recursive: the column of each period that is asked for, one after the other. */
function recursiveColumns(
  input: Float64Array,
  periods: Float64Array,
  range: Range,
  output: Float64Array,
  ask: () => void,
): void {
  const length = input.length;
  const asked = new Uint8Array(range.most + 1);
  for (let i = range.first; i < length; i += 1) asked[periodAt(range, periods[i] as number)] = 1;
  const average = new Float64Array(length);
  for (let period = range.least; period <= range.most; period += 1) {
    if (asked[period] === 0) continue;
    ask();
    // Each starts so that its first value falls on the first bar of the output.
    const start = range.first - movingAverageLookback(range.type, period);
    movingAverageColumn(range.type, input, period, average, start);
    for (let i = range.first; i < length; i += 1) {
      if (periodAt(range, periods[i] as number) === period) output[i] = average[i] as number;
    }
  }
}

function goOn(): void {
  // Nobody can stop it.
}

function recursiveStream(range: Range): StreamKernel {
  // state: [bars seen, an average for each period]
  const starts: number[] = [];
  const places: number[] = [];
  let length = 1;
  for (let period = range.least; period <= range.most; period += 1) {
    starts.push(range.first - movingAverageLookback(range.type, period));
    places.push(length);
    length += movingAverageLength(range.type, period);
  }
  const state = new Float64Array(length);
  return {
    state,
    step(inputs, outputs) {
      const x = inputs[0] as number;
      const seen = state[0] as number;
      if (seen <= range.first) state[0] = seen + 1;
      const wanted = periodAt(range, inputs[1] as number);
      let value = Number.NaN;
      for (let k = 0; k < starts.length; k += 1) {
        if (seen < (starts[k] as number)) continue;
        const period = range.least + k;
        const average = movingAverageStep(range.type, state, places[k] as number, period, x);
        if (period === wanted) value = average;
      }
      outputs[0] = seen < range.first ? Number.NaN : value;
    },
  };
}

function windowedStream(range: Range): StreamKernel {
  // state: [bars seen, place, the last values twice over, so that a window is never broken]
  const { most } = range;
  const state = new Float64Array(2 + 2 * most);
  return {
    state,
    step(inputs, outputs) {
      const x = inputs[0] as number;
      const seen = state[0] as number;
      const place = state[1] as number;
      state[2 + place] = x;
      state[2 + most + place] = x;
      state[1] = place === most - 1 ? 0 : place + 1;
      if (seen < range.first) {
        state[0] = seen + 1;
        outputs[0] = Number.NaN;
        return;
      }
      const period = periodAt(range, inputs[1] as number);
      outputs[0] = windowAverage(range.type, state, 2 + most + place, period);
    },
  };
}

export const MAVP: IndicatorDefinition = {
  id: 'mavp',
  aliases: ['moving_average_variable_period'],
  title: 'Moving average with variable period',
  group: 'Overlap Studies',
  inputs: ['real', 'periods'],
  parameters: [
    integer('minperiod', 'Shortest', 2, 'Smaller periods count as this.', FROM_ONE),
    integer('maxperiod', 'Longest', 30, 'Larger periods count as this.', FROM_ONE),
    movingAverageType('matype', 'Average'),
  ],
  outputs: [line('mavp', 'MAVP')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'A moving average whose period is given for each bar by a second series, such as the length of the dominant cycle. Fractions are cut off, and periods outside the limits are taken as the limit. Averages that depend on their start begin so that all periods have their first value on the same bar.',
  formula: 'MAVP = MA(x, min(max(⌊periods⌋, shortest), longest))',
  source: 'TA-Lib MAVP',
  lookback: (parameters) => rangeOf(parameters).first,
  // Recursive averages run in columns, one for each period, and ask between them whether to stop; a stream
  // would have to hold them all.
  work: (parameters) => {
    const { type, most } = rangeOf(parameters);
    return isWindowed(type) ? most : 0;
  },
  compute([input = EMPTY, periods = EMPTY], parameters, [output = EMPTY], ask = goOn) {
    const range = rangeOf(parameters);
    output.fill(Number.NaN, 0, Math.min(range.first, input.length));
    if (!isWindowed(range.type)) {
      recursiveColumns(input, periods, range, output, ask);
      return;
    }
    for (let i = range.first; i < input.length; i += 1) {
      output[i] = windowAverage(range.type, input, i, periodAt(range, periods[i] as number));
    }
  },
  stream(parameters) {
    const range = rangeOf(parameters);
    return isWindowed(range.type) ? windowedStream(range) : recursiveStream(range);
  },
};
