import type { ParameterValues } from '../../domain/parameters.ts';
import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { addRatioColumn, ratioState, ratioStep } from '../kernels/window-ratio.ts';

const EMPTY = new Float64Array(0);

function periodsOf(
  parameters: ParameterValues,
): readonly [short: number, middle: number, long: number] {
  const [short = 1, middle = 1, long = 1] = [1, 2, 3]
    .map((k) => numberOf(parameters, `timeperiod${k}`))
    .toSorted((a, b) => a - b);
  return [short, middle, long];
}

/** Weights of the three windows in percent: 4, 2 and 1 of 7. */
const SHORT = 400 / 7;
const MIDDLE = 200 / 7;
const LONG = 100 / 7;

export const ULTOSC: IndicatorDefinition = {
  id: 'ultosc',
  aliases: ['ultimate_oscillator'],
  title: 'Ultimate oscillator',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('timeperiod1', 'Short', 7, 'Bars of the short window.', [1, 100_000]),
    integer('timeperiod2', 'Middle', 14, 'Bars of the middle window.', [1, 100_000]),
    integer('timeperiod3', 'Long', 28, 'Bars of the long window.', [1, 100_000]),
  ],
  outputs: [line('ultosc', 'UO')],
  pane: 'own',
  levels: [30, 50, 70],
  unstable: false,
  explanation:
    'How high in their ranges the bars close, over three windows of which the shortest weighs most, from 0 to 100. Williams buys after a divergence below 30 and leaves above 70. The windows are put in order of length. A window without any range counts as 0.',
  formula:
    'BP = close − min(low, close[1]); TR = max(high, close[1]) − min(low, close[1]); A(n) = ΣBP / ΣTR over n bars, 0 where ΣTR is 0; UO = 100 × (4 A(short) + 2 A(middle) + A(long)) / 7',
  source: 'Williams, The Ultimate Oscillator, Stocks & Commodities 3 (1985); TA-Lib ULTOSC',
  lookback: (parameters) => periodsOf(parameters)[2],
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const [short, middle, long] = periodsOf(parameters);
    const length = close.length;
    output.fill(Number.NaN, 0, Math.min(long, length));
    if (length <= long) return;
    // The first bar has no close before it and is in no window.
    const pressures = new Float64Array(length - 1);
    const ranges = new Float64Array(length - 1);
    let before = close[0] as number;
    for (let i = 1; i < length; i += 1) {
      const top = high[i] as number;
      const bottom = low[i] as number;
      const floor = bottom < before ? bottom : before;
      ranges[i - 1] = (top > before ? top : before) - floor;
      before = close[i] as number;
      pressures[i - 1] = before - floor;
    }
    output.fill(0, long);
    const sums = output.subarray(1);
    addRatioColumn(pressures, ranges, short, SHORT, 0, 0, sums);
    addRatioColumn(pressures, ranges, middle, MIDDLE, 0, 0, sums);
    addRatioColumn(pressures, ranges, long, LONG, 0, 0, sums);
  },
  stream(parameters) {
    const [short, middle, long] = periodsOf(parameters);
    // state: [sums of the three windows, bars seen, last close]
    const middleAt = ratioState(short);
    const longAt = middleAt + ratioState(middle);
    const seenAt = longAt + ratioState(long);
    const state = new Float64Array(seenAt + 2);
    return {
      state,
      step(inputs, outputs) {
        const [high = 0, low = 0, close = 0] = inputs;
        const seen = state[seenAt] as number;
        const before = state[seenAt + 1] as number;
        state[seenAt] = 1;
        state[seenAt + 1] = close;
        outputs[0] = Number.NaN;
        if (seen === 0) return;
        const floor = low < before ? low : before;
        const range = (high > before ? high : before) - floor;
        const pressure = close - floor;
        const a = ratioStep(state, 0, short, SHORT, 0, 0, pressure, range);
        const b = ratioStep(state, middleAt, middle, MIDDLE, 0, 0, pressure, range);
        const c = ratioStep(state, longAt, long, LONG, 0, 0, pressure, range);
        outputs[0] = a + b + c;
      },
    };
  },
};
