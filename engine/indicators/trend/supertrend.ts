import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  AVERAGE_RANGE_LENGTH,
  averageRangeColumn,
  averageRangeStep,
} from '../kernels/true-range.ts';

export const SUPERTREND: IndicatorDefinition = {
  id: 'supertrend',
  aliases: ['super_trend'],
  title: 'Supertrend',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod', 'Period', 10, 'Bars of the average true range.', FROM_ONE),
    real('multiplier', 'Multiplier', 3, 'Average ranges between the bar and the line.', [0, 1000]),
  ],
  outputs: [
    line('value', 'Supertrend'),
    { name: 'direction', label: 'Direction', kind: 'integer', style: 'marks' },
    line('up', 'Uptrend'),
    line('down', 'Downtrend'),
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'A trailing stop at a number of average ranges from the bar’s middle, which only moves with the trend. A close beyond the line turns it to the other side. The direction is 1 in an uptrend and −1 in a downtrend (TradingView’s sign is the other way round); up and down hold the line of their trend only. It starts as a downtrend until a close says otherwise.',
  formula:
    'bands = (high + low) / 2 ± multiplier × ATR(n); the lower may fall only after a close below it, the upper rise only after a close above it; a close below the lower (above the upper) band of its bar ends an uptrend (downtrend); value = the lower band in an uptrend, else the upper',
  source: 'Olivier Seban’s Supertrend, by the rules of TradingView ta.supertrend',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY],
    parameters,
    [value = EMPTY, direction = EMPTY, up = EMPTY, down = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const multiplier = numberOf(parameters, 'multiplier');
    const length = close.length;
    const lead = Math.min(period, length);
    averageRangeColumn(high, low, close, period, value);
    direction.fill(Number.NaN, 0, lead);
    up.fill(Number.NaN);
    down.fill(Number.NaN);
    let lower = -Infinity;
    let upper = Infinity;
    let before = 0;
    let rising = false;
    for (let i = lead; i < length; i += 1) {
      const middle = ((high[i] as number) + (low[i] as number)) / 2;
      const reach = multiplier * (value[i] as number);
      const now = close[i] as number;
      if (middle - reach > lower || before < lower) lower = middle - reach;
      if (middle + reach < upper || before > upper) upper = middle + reach;
      if (i > period) rising = rising ? now >= lower : now > upper;
      before = now;
      if (rising) {
        value[i] = lower;
        direction[i] = 1;
        up[i] = lower;
      } else {
        value[i] = upper;
        direction[i] = -1;
        down[i] = upper;
      }
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const multiplier = numberOf(parameters, 'multiplier');
    // state: [begun, lower, upper, last close, rising, average range]
    const state = new Float64Array(5 + AVERAGE_RANGE_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const range = averageRangeStep(state, 5, period, high, low, close);
        outputs.fill(Number.NaN);
        if (Number.isNaN(range)) return;
        const begun = state[0] === 1;
        const middle = (high + low) / 2;
        const reach = multiplier * range;
        let lower = state[1] as number;
        let upper = state[2] as number;
        const before = state[3] as number;
        if (!begun || middle - reach > lower || before < lower) lower = middle - reach;
        if (!begun || middle + reach < upper || before > upper) upper = middle + reach;
        const rising = begun && (state[4] === 1 ? close >= lower : close > upper);
        state[0] = 1;
        state[1] = lower;
        state[2] = upper;
        state[3] = close;
        state[4] = rising ? 1 : 0;
        outputs[0] = rising ? lower : upper;
        outputs[1] = rising ? 1 : -1;
        outputs[rising ? 2 : 3] = rising ? lower : upper;
      },
    };
  },
};
