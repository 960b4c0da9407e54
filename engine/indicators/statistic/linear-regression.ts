import { EMPTY, integer, line, periodOf, type IndicatorDefinition } from '../definition.ts';
import { LINE_MEAN, LINE_SLOPE, lineColumn, lineState, lineStep } from '../kernels/window-line.ts';

const DEGREES = 180 / Math.PI;

/** A value of the fitted line: `level × mean + ahead(n) × slope`, bars counted from its middle. */
function fitted(
  level: 0 | 1,
  ahead: (period: number) => number,
): Pick<IndicatorDefinition, 'group' | 'inputs' | 'parameters' | 'unstable' | 'source'> &
  Pick<IndicatorDefinition, 'lookback' | 'compute' | 'stream'> {
  return {
    group: 'Statistic Functions',
    inputs: ['real'],
    parameters: [integer('timeperiod', 'Period', 14, 'Bars that the line is fitted to.')],
    unstable: false,
    source: 'Least squares; TA-Lib LINEARREG and its relatives',
    lookback: (parameters) => periodOf(parameters) - 1,
    compute([input = EMPTY], parameters, [output = EMPTY]) {
      const period = periodOf(parameters);
      lineColumn(input, period, level, ahead(period), output);
    },
    stream(parameters) {
      const period = periodOf(parameters);
      const distance = ahead(period);
      const state = new Float64Array(lineState(period));
      return {
        state,
        step(inputs, outputs) {
          const whole = lineStep(state, 0, period, inputs[0] as number);
          const mean = state[LINE_MEAN] as number;
          const slope = state[LINE_SLOPE] as number;
          outputs[0] = whole ? level * mean + distance * slope : Number.NaN;
        },
      };
    },
  };
}

const SLOPE = fitted(0, () => 1);

export const LINEARREG: IndicatorDefinition = {
  ...fitted(1, (period) => (period - 1) / 2),
  id: 'linearreg',
  aliases: ['linear_regression', 'least_squares_moving_average'],
  title: 'Linear regression',
  outputs: [line('linearreg', 'Linear regression')],
  pane: 'overlay',
  levels: [],
  explanation:
    'The straight line that fits the last bars best, at its newest bar. It follows the price like a moving average with hardly any delay, and overshoots where a trend turns.',
  formula: 'LINEARREG = a + b × (n − 1); a + b × t is the least-squares line, t = 0 … n − 1',
};

export const LINEARREG_SLOPE: IndicatorDefinition = {
  ...SLOPE,
  id: 'linearreg_slope',
  aliases: ['linear_regression_slope'],
  title: 'Linear regression slope',
  outputs: [line('slope', 'Slope')],
  pane: 'own',
  levels: [0],
  explanation:
    'By how much the straight line that fits the last bars best rises in a bar, in units of the price: above 0 the trend is up, below 0 down. Equal values give 0.',
  formula: 'b = Σ (t − mean t)(x − mean x) / Σ (t − mean t)², t = 0 … n − 1',
};

export const LINEARREG_ANGLE: IndicatorDefinition = {
  ...SLOPE,
  id: 'linearreg_angle',
  aliases: ['linear_regression_angle'],
  title: 'Linear regression angle',
  outputs: [line('angle', 'Angle')],
  pane: 'own',
  levels: [0],
  explanation:
    'The slope of the straight line that fits the last bars best, as an angle between −90 and 90 degrees where one bar is as wide as one unit of the price is high. It depends on the price’s unit and so suits comparison within one market only. Equal values give 0.',
  formula: 'ANGLE = arctan(b) × 180 / π; b as in LINEARREG_SLOPE',
  compute(inputs, parameters, outputs) {
    const output = outputs[0] ?? EMPTY;
    SLOPE.compute(inputs, parameters, outputs);
    for (let i = periodOf(parameters) - 1; i < output.length; i += 1) {
      output[i] = Math.atan(output[i] as number) * DEGREES;
    }
  },
  stream(parameters) {
    const slope = SLOPE.stream(parameters);
    return {
      state: slope.state,
      step(inputs, outputs) {
        slope.step(inputs, outputs);
        outputs[0] = Math.atan(outputs[0] as number) * DEGREES;
      },
    };
  },
};

export const LINEARREG_INTERCEPT: IndicatorDefinition = {
  ...fitted(1, (period) => -(period - 1) / 2),
  id: 'linearreg_intercept',
  aliases: ['linear_regression_intercept'],
  title: 'Linear regression intercept',
  outputs: [line('intercept', 'Intercept')],
  pane: 'overlay',
  levels: [],
  explanation:
    'The straight line that fits the last bars best, at its oldest bar. With LINEARREG it gives both ends of that line.',
  formula: 'a of the least-squares line a + b × t, t = 0 … n − 1',
};

export const TSF: IndicatorDefinition = {
  ...fitted(1, (period) => (period + 1) / 2),
  id: 'tsf',
  aliases: ['time_series_forecast'],
  title: 'Time series forecast',
  outputs: [line('tsf', 'TSF')],
  pane: 'overlay',
  levels: [],
  explanation:
    'The straight line that fits the last bars best, carried on to the next bar. The price is compared with it: above it, a rise goes faster than its own trend.',
  formula: 'TSF = a + b × n; a + b × t is the least-squares line, t = 0 … n − 1',
};
