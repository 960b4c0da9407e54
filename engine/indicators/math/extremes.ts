import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  integer,
  line,
  periodOf,
  type IndicatorDefinition,
  type OutputDefinition,
} from '../definition.ts';
import {
  extremeIndexState,
  extremeIndexStep,
  extremeState,
  extremeStep,
  HIGHEST,
  LOWEST,
  slidingExtreme,
  slidingExtremeIndex,
  type Extreme,
} from '../kernels/extremes.ts';

/** An exact whole number. */
function index(name: string, label: string): OutputDefinition {
  return { name, label, kind: 'integer', style: 'line' };
}

const COUNTING =
  'Bars are counted from 0, the first bar of the series; after a bar without a value the count starts anew, so that 0 is the first bar behind it. Of equal values the newest counts, except that when the old one leaves the window the first of the best left follows it, as in TA-Lib.';

const SHARED = {
  group: 'Math Operators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 30, 'Bars that are searched.')],
  levels: [],
  unstable: false,
  source: 'Extremes of a sliding window; TA-Lib',
  lookback: (parameters: ParameterValues) => periodOf(parameters) - 1,
} as const;

/** The extremes of the window, one output for each of `sought`. */
function values(
  sought: readonly Extreme[],
): typeof SHARED & Pick<IndicatorDefinition, 'compute' | 'stream' | 'pane'> {
  return {
    ...SHARED,
    pane: 'overlay',
    compute([input = EMPTY], parameters, outputs) {
      const period = periodOf(parameters);
      for (const [k, which] of sought.entries()) {
        slidingExtreme(input, period, which, outputs[k] ?? EMPTY);
      }
    },
    stream(parameters) {
      const period = periodOf(parameters);
      const size = extremeState(period);
      const state = new Float64Array(size * sought.length);
      return {
        state,
        step(inputs, outputs) {
          const x = inputs[0] as number;
          for (let k = 0; k < sought.length; k += 1) {
            outputs[k] = extremeStep(state, k * size, period, sought[k] as Extreme, x);
          }
        },
      };
    },
  };
}

/** Where the extremes of the window are, one output for each of `sought`. */
function indices(
  sought: readonly Extreme[],
): typeof SHARED & Pick<IndicatorDefinition, 'compute' | 'stream' | 'pane'> {
  return {
    ...SHARED,
    pane: 'own',
    compute([input = EMPTY], parameters, outputs) {
      const period = periodOf(parameters);
      for (const [k, which] of sought.entries()) {
        slidingExtremeIndex(input, period, which, 'talib', outputs[k] ?? EMPTY);
      }
    },
    stream(parameters) {
      const period = periodOf(parameters);
      const size = extremeIndexState(period);
      // The counts in it are doubles: exact whole numbers up to 2^53 bars.
      const state = new Float64Array(size * sought.length);
      return {
        state,
        step(inputs, outputs) {
          const x = inputs[0] as number;
          for (let k = 0; k < sought.length; k += 1) {
            const which = sought[k] as Extreme;
            outputs[k] = extremeIndexStep(state, k * size, period, which, 'talib', x);
          }
        },
      };
    },
  };
}

export const MAX: IndicatorDefinition = {
  ...values([HIGHEST]),
  id: 'max',
  aliases: ['highest_value'],
  title: 'Highest value',
  outputs: [line('max', 'Highest')],
  explanation:
    'The highest of the last values, this bar’s included. A series that equals it stands at its high of the period.',
  formula: 'MAX = max(x[0], …, x[n-1])',
};

export const MIN: IndicatorDefinition = {
  ...values([LOWEST]),
  id: 'min',
  aliases: ['lowest_value'],
  title: 'Lowest value',
  outputs: [line('min', 'Lowest')],
  explanation:
    'The lowest of the last values, this bar’s included. A series that equals it stands at its low of the period.',
  formula: 'MIN = min(x[0], …, x[n-1])',
};

export const MINMAX: IndicatorDefinition = {
  ...values([LOWEST, HIGHEST]),
  id: 'minmax',
  aliases: ['lowest_highest'],
  title: 'Lowest and highest value',
  outputs: [line('min', 'Lowest'), line('max', 'Highest')],
  explanation:
    'The lowest and the highest of the last values, this bar’s included: the range that the series has kept to.',
  formula: 'min = min(x[0], …, x[n-1]); max = max(x[0], …, x[n-1])',
};

export const MAXINDEX: IndicatorDefinition = {
  ...indices([HIGHEST]),
  id: 'maxindex',
  aliases: ['highest_index'],
  title: 'Index of the highest value',
  outputs: [index('maxidx', 'Index of the highest')],
  explanation: `At which bar the highest of the last values was. ${COUNTING}`,
  formula: 'MAXINDEX = the i with x(i) = MAX(n), bar − n < i ≤ bar',
};

export const MININDEX: IndicatorDefinition = {
  ...indices([LOWEST]),
  id: 'minindex',
  aliases: ['lowest_index'],
  title: 'Index of the lowest value',
  outputs: [index('minidx', 'Index of the lowest')],
  explanation: `At which bar the lowest of the last values was. ${COUNTING}`,
  formula: 'MININDEX = the i with x(i) = MIN(n), bar − n < i ≤ bar',
};

export const MINMAXINDEX: IndicatorDefinition = {
  ...indices([LOWEST, HIGHEST]),
  id: 'minmaxindex',
  aliases: ['lowest_highest_index'],
  title: 'Indices of the lowest and highest value',
  outputs: [index('minidx', 'Index of the lowest'), index('maxidx', 'Index of the highest')],
  explanation: `At which bars the lowest and the highest of the last values were. ${COUNTING}`,
  formula: 'minidx = MININDEX(n); maxidx = MAXINDEX(n)',
};
