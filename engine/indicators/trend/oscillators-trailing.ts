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
  EMA_LENGTH,
  emaColumn,
  emaStep,
  WILDER_LENGTH,
  wilderColumn,
  wilderStep,
} from '../kernels/averages.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

/** Ranges of MACD this small beside the price are the rounding of its averages. */
const ROUNDING = 1e-12;

/** Place of x between bottom and top in percent; the one before where they are as good as equal. */
function placeOf(x: number, top: number, bottom: number, least: number, before: number): number {
  const range = top - bottom;
  return range > least ? (100 * (x - bottom)) / range : before;
}

export const STC: IndicatorDefinition = {
  id: 'stc',
  aliases: ['schaff_trend_cycle'],
  title: 'Schaff trend cycle',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Cycle', 10, 'Bars of the two stochastics.'),
    integer('fastperiod', 'Fast', 23, 'Bars of the fast average.', FROM_ONE),
    integer('slowperiod', 'Slow', 50, 'Bars of the slow average.', FROM_ONE),
    real('factor', 'Factor', 0.5, 'Weight of the new value in the smoothings.', [0.01, 1]),
  ],
  outputs: [line('stc', 'STC')],
  pane: 'own',
  levels: [25, 75],
  unstable: true,
  explanation:
    'Two stochastics in a row over the distance of two averages, each smoothed: it runs from 0 to 100 and turns sooner than MACD. Rising above 25 is read as a buy, falling below 75 as a sale. A stochastic without range keeps its value before, and begins at 50.',
  formula:
    'm = EMA(x, fast) − EMA(x, slow); K = 100 × (m − lowest(m, n)) / (highest(m, n) − lowest(m, n)); D = D[1] + factor × (K − D[1]); the same again over D gives STC',
  source: 'Doug Schaff, The Schaff Trend Cycle (1999)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) -
    1 +
    2 * (numberOf(parameters, 'timeperiod') - 1),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const factor = numberOf(parameters, 'factor');
    const length = input.length;
    const begin = Math.max(fast, slow) - 1;
    const second = begin + period - 1;
    const first = second + period - 1;
    if (length <= first) {
      output.fill(Number.NaN);
      return;
    }
    const macd = new Float64Array(length);
    const tops = new Float64Array(length);
    const bottoms = new Float64Array(length);
    emaColumn(input, fast, macd);
    emaColumn(input, slow, output);
    for (let i = begin; i < length; i += 1) macd[i] = (macd[i] as number) - (output[i] as number);
    slidingExtreme(macd.subarray(begin), period, HIGHEST, tops.subarray(begin));
    slidingExtreme(macd.subarray(begin), period, LOWEST, bottoms.subarray(begin));
    let place = 50;
    let smooth = Number.NaN;
    for (let i = second; i < length; i += 1) {
      const least = ROUNDING * Math.abs(output[i] as number);
      place = placeOf(macd[i] as number, tops[i] as number, bottoms[i] as number, least, place);
      smooth = i === second ? place : smooth + factor * (place - smooth);
      macd[i] = smooth;
    }
    slidingExtreme(macd.subarray(second), period, HIGHEST, tops.subarray(second));
    slidingExtreme(macd.subarray(second), period, LOWEST, bottoms.subarray(second));
    place = 50;
    output.fill(Number.NaN, 0, first);
    for (let i = first; i < length; i += 1) {
      place = placeOf(macd[i] as number, tops[i] as number, bottoms[i] as number, 0, place);
      smooth = i === first ? place : smooth + factor * (place - smooth);
      output[i] = smooth;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const factor = numberOf(parameters, 'factor');
    const size = extremeState(period);
    const extremes = 6 + 2 * EMA_LENGTH;
    // state: [for each stochastic: begun, place, smoothed; averages, extremes of both]
    const state = new Float64Array(extremes + 4 * size);
    state[1] = 50;
    state[4] = 50;
    const stochastic = (at: number, ring: number, x: number, least: number): number => {
      const top = extremeStep(state, ring, period, HIGHEST, x);
      const bottom = extremeStep(state, ring + size, period, LOWEST, x);
      if (Number.isNaN(top)) return top;
      const place = placeOf(x, top, bottom, least, state[at + 1] as number);
      const before = state[at + 2] as number;
      const smooth = state[at] === 0 ? place : before + factor * (place - before);
      state[at] = 1;
      state[at + 1] = place;
      state[at + 2] = smooth;
      return smooth;
    };
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        outputs[0] = Number.NaN;
        const quick = emaStep(state, 6, fast, x);
        const calm = emaStep(state, 6 + EMA_LENGTH, slow, x);
        const macd = quick - calm;
        if (Number.isNaN(macd)) return;
        const once = stochastic(0, extremes, macd, ROUNDING * Math.abs(calm));
        if (!Number.isNaN(once)) outputs[0] = stochastic(3, extremes + 2 * size, once, 0);
      },
    };
  },
};

/** Relative strength from the mean gain and loss; 50 where nothing moved. */
function relativeStrength(gain: number, loss: number): number {
  const all = gain + loss;
  return all === 0 ? 50 : (100 * gain) / all;
}

/** The line that trails the smoothed RSI: it moves with it and jumps over when it is crossed. */
function trail(line: number, now: number, before: number, reach: number): number {
  if (now < line) return before < line ? Math.min(line, now + reach) : now + reach;
  if (now > line) return before > line ? Math.max(line, now - reach) : now - reach;
  return line;
}

export const QQE: IndicatorDefinition = {
  id: 'qqe',
  aliases: ['quantitative_qualitative_estimation'],
  title: 'Quantitative qualitative estimation',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'RSI period', 14, 'Bars of the relative strength index.'),
    integer('smoothing', 'Smoothing', 5, 'Bars of its average.', FROM_ONE),
    real('factor', 'Factor', 4.236, 'Smoothed moves to the trailing line.', [0, 1000]),
  ],
  outputs: [line('qqe', 'QQE'), line('signal', 'Trailing line')],
  pane: 'own',
  levels: [30, 50, 70],
  unstable: true,
  explanation:
    'A smoothed RSI with a line that trails it at a multiple of its own usual move, as a stop trails a price. The RSI above the line is an uptrend, below it a downtrend; the level 50 confirms. Where nothing has moved yet the RSI is 50. The line begins below.',
  formula:
    'q = EMA(RSI(n), s); r = factor × EMA(EMA(|q − q[1]|, 2n − 1), 2n − 1); the line follows at q − r from below while q is above it, never falling, and at q + r from above while q is below it, never rising',
  source: 'Roman Ignatov, Qualitative Quantitative Estimation for MetaTrader (2006)',
  lookback: (parameters) => qqeStart(parameters),
  compute([input = EMPTY], parameters, [qqe = EMPTY, signal = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const smooth = numberOf(parameters, 'smoothing');
    const factor = numberOf(parameters, 'factor');
    const wild = 2 * period - 1;
    const known = period + smooth - 1;
    const first = qqeStart(parameters);
    const length = input.length;
    if (length <= first) {
      qqe.fill(Number.NaN);
      signal.fill(Number.NaN);
      return;
    }
    const moves = new Float64Array(length);
    for (let i = 1; i < length; i += 1) {
      qqe[i] = Math.max((input[i] as number) - (input[i - 1] as number), 0);
      signal[i] = Math.max((input[i - 1] as number) - (input[i] as number), 0);
    }
    wilderColumn(qqe, period, qqe, 1);
    wilderColumn(signal, period, signal, 1);
    for (let i = period; i < length; i += 1) {
      moves[i] = relativeStrength(qqe[i] as number, signal[i] as number);
    }
    emaColumn(moves, smooth, qqe, period);
    for (let i = known + 1; i < length; i += 1) {
      signal[i] = Math.abs((qqe[i] as number) - (qqe[i - 1] as number));
    }
    emaColumn(signal, wild, moves, known + 1);
    emaColumn(moves, wild, signal, known + wild);
    let line = (qqe[first] as number) - factor * (signal[first] as number);
    signal[first] = line;
    for (let i = first + 1; i < length; i += 1) {
      const reach = factor * (signal[i] as number);
      line = trail(line, qqe[i] as number, qqe[i - 1] as number, reach);
      signal[i] = line;
    }
    qqe.fill(Number.NaN, 0, first);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const smooth = numberOf(parameters, 'smoothing');
    const factor = numberOf(parameters, 'factor');
    const wild = 2 * period - 1;
    const gains = 6;
    const losses = gains + WILDER_LENGTH;
    const averages = losses + WILDER_LENGTH;
    // state: [begun, last value, q is known, last q, the line is known, line, averages]
    const state = new Float64Array(averages + 3 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const change = x - (state[1] as number);
        const begun = state[0] === 1;
        state[0] = 1;
        state[1] = x;
        outputs.fill(Number.NaN);
        if (!begun) return;
        const gain = wilderStep(state, gains, period, Math.max(change, 0));
        const loss = wilderStep(state, losses, period, Math.max(-change, 0));
        if (Number.isNaN(gain)) return;
        const q = emaStep(state, averages, smooth, relativeStrength(gain, loss));
        if (Number.isNaN(q)) return;
        const before = state[3] as number;
        const known = state[2] === 1;
        state[2] = 1;
        state[3] = q;
        if (!known) return;
        const once = emaStep(state, averages + EMA_LENGTH, wild, Math.abs(q - before));
        if (Number.isNaN(once)) return;
        const reach = factor * emaStep(state, averages + 2 * EMA_LENGTH, wild, once);
        if (Number.isNaN(reach)) return;
        const line = state[4] === 0 ? q - reach : trail(state[5] as number, q, before, reach);
        state[4] = 1;
        state[5] = line;
        outputs[0] = q;
        outputs[1] = line;
      },
    };
  },
};

function qqeStart(parameters: Parameters<IndicatorDefinition['lookback']>[0]): number {
  const period = numberOf(parameters, 'timeperiod');
  return period + numberOf(parameters, 'smoothing') + 2 * (2 * period - 2);
}
