import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  EMA_LENGTH,
  emaColumn,
  emaStep,
  smaColumn,
  smaLength,
  smaStep,
} from '../kernels/averages.ts';

/** Relative differences this small are the rounding of an average. */
const ROUNDING = 1e-12;

function strength(net: number, all: number): number {
  return all === 0 ? 0 : (100 * net) / all;
}

export const TSI: IndicatorDefinition = {
  id: 'tsi',
  aliases: ['true_strength_index'],
  title: 'True strength index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('longperiod', 'Long', 25, 'Bars of the first smoothing.', FROM_ONE),
    integer('shortperiod', 'Short', 13, 'Bars of the second smoothing.', FROM_ONE),
    signalPeriod(13),
  ],
  outputs: [line('tsi', 'TSI'), line('signal', 'Signal')],
  pane: 'own',
  levels: [-25, 0, 25],
  unstable: true,
  explanation:
    'The change from bar to bar, smoothed twice, in percent of its size smoothed alike, from −100 to 100. Its sign is the trend; crossings of the signal line are read as turns. Where nothing moved it is 0. (StockCharts takes a signal of 7 bars.)',
  formula:
    'TSI = 100 × EMA(EMA(m, long), short) / EMA(EMA(|m|, long), short), m = x − x[1]; signal = EMA(TSI, signal)',
  source: 'Blau, True Strength Index, Stocks & Commodities (November 1991)',
  lookback: (parameters) =>
    numberOf(parameters, 'longperiod') +
    numberOf(parameters, 'shortperiod') +
    numberOf(parameters, 'signalperiod') -
    2,
  compute([input = EMPTY], parameters, [tsi = EMPTY, signal = EMPTY]) {
    const long = numberOf(parameters, 'longperiod');
    const short = numberOf(parameters, 'shortperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const length = input.length;
    const first = long + short - 1;
    const moves = new Float64Array(length);
    const all = new Float64Array(length);
    for (let i = 1; i < length; i += 1) moves[i] = (input[i] as number) - (input[i - 1] as number);
    emaColumn(moves, long, signal, 1);
    emaColumn(signal, short, tsi, long);
    for (let i = 1; i < length; i += 1) moves[i] = Math.abs(moves[i] as number);
    emaColumn(moves, long, signal, 1);
    emaColumn(signal, short, all, long);
    for (let i = first; i < length; i += 1) tsi[i] = strength(tsi[i] as number, all[i] as number);
    emaColumn(tsi, smooth, signal, first);
    tsi.fill(Number.NaN, 0, Math.min(first + smooth - 1, length));
  },
  stream(parameters) {
    const long = numberOf(parameters, 'longperiod');
    const short = numberOf(parameters, 'shortperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    // state: [begun, last value, five averages]
    const state = new Float64Array(2 + 5 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const move = x - (state[1] as number);
        state[1] = x;
        outputs.fill(Number.NaN);
        if (state[0] === 0) {
          state[0] = 1;
          return;
        }
        const net = emaStep(state, 2, long, move);
        const size = emaStep(state, 2 + EMA_LENGTH, long, Math.abs(move));
        if (Number.isNaN(net)) return;
        const netTwice = emaStep(state, 2 + 2 * EMA_LENGTH, short, net);
        const sizeTwice = emaStep(state, 2 + 3 * EMA_LENGTH, short, size);
        if (Number.isNaN(netTwice)) return;
        const value = strength(netTwice, sizeTwice);
        const signal = emaStep(state, 2 + 4 * EMA_LENGTH, smooth, value);
        if (Number.isNaN(signal)) return;
        outputs[0] = value;
        outputs[1] = signal;
      },
    };
  },
};

/** Distance from the average in units of its usual size; 0 where it is but rounding. */
function channelIndex(x: number, average: number, size: number): number {
  return size <= ROUNDING * Math.abs(average) ? 0 : (x - average) / (0.015 * size);
}

export const WAVE_TREND: IndicatorDefinition = {
  id: 'wave_trend',
  aliases: ['wavetrend', 'wt'],
  title: 'Wave trend',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('channel', 'Channel', 10, 'Bars of the average and of the distance from it.', FROM_ONE),
    integer('average', 'Average', 21, 'Bars of the smoothing.', FROM_ONE),
    signalPeriod(4),
  ],
  outputs: [line('wt1', 'WT1'), line('wt2', 'WT2')],
  pane: 'own',
  levels: [-60, -53, 0, 53, 60],
  unstable: true,
  explanation:
    'The distance of the typical price from its average in units of the usual distance, smoothed. Beyond 53 or 60 to either side it is overbought or oversold; a crossing of the two lines there is the signal. Where the price does not move it tends to 0.',
  formula:
    'p = (high + low + close) / 3; a = EMA(p, 10); d = EMA(|p − a|, 10); wt1 = EMA((p − a) / (0.015 × d), 21); wt2 = SMA(wt1, 4); the ratio is 0 where d is 0 (up to rounding)',
  source: 'LazyBear’s WaveTrend Oscillator [WT] on TradingView',
  lookback: (parameters) =>
    2 * (numberOf(parameters, 'channel') - 1) +
    numberOf(parameters, 'average') -
    1 +
    numberOf(parameters, 'signalperiod') -
    1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [wt1 = EMPTY, wt2 = EMPTY]) {
    const channel = numberOf(parameters, 'channel');
    const average = numberOf(parameters, 'average');
    const smooth = numberOf(parameters, 'signalperiod');
    const length = close.length;
    const first = 2 * (channel - 1) + average - 1;
    const prices = new Float64Array(length);
    const means = new Float64Array(length);
    for (let i = 0; i < length; i += 1) {
      prices[i] = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
    }
    emaColumn(prices, channel, means);
    for (let i = channel - 1; i < length; i += 1) {
      wt1[i] = Math.abs((prices[i] as number) - (means[i] as number));
    }
    emaColumn(wt1, channel, wt2, channel - 1);
    for (let i = 2 * (channel - 1); i < length; i += 1) {
      prices[i] = channelIndex(prices[i] as number, means[i] as number, wt2[i] as number);
    }
    emaColumn(prices, average, wt1, 2 * (channel - 1));
    smaColumn(wt1, smooth, wt2, first);
    wt1.fill(Number.NaN, 0, Math.min(first + smooth - 1, length));
  },
  stream(parameters) {
    const channel = numberOf(parameters, 'channel');
    const average = numberOf(parameters, 'average');
    const smooth = numberOf(parameters, 'signalperiod');
    const state = new Float64Array(3 * EMA_LENGTH + smaLength(smooth));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const price = (high + low + close) / 3;
        outputs.fill(Number.NaN);
        const mean = emaStep(state, 0, channel, price);
        if (Number.isNaN(mean)) return;
        const size = emaStep(state, EMA_LENGTH, channel, Math.abs(price - mean));
        if (Number.isNaN(size)) return;
        const index = channelIndex(price, mean, size);
        const wave = emaStep(state, 2 * EMA_LENGTH, average, index);
        if (Number.isNaN(wave)) return;
        const signal = smaStep(state, 3 * EMA_LENGTH, smooth, wave);
        if (Number.isNaN(signal)) return;
        outputs[0] = wave;
        outputs[1] = signal;
      },
    };
  },
};

/** 1, −1 or 0: which way the average moved, rounding left aside. */
function turnOf(move: number, size: number): number {
  const least = ROUNDING * Math.abs(size);
  return move > least ? 1 : move < -least ? -1 : 0;
}

export const ELDER_IMPULSE: IndicatorDefinition = {
  id: 'elder_impulse',
  aliases: ['impulse', 'impulse_system'],
  title: 'Elder impulse',
  group: 'Trend',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'Period', 13, 'Bars of the exponential average.'),
    integer('fastperiod', 'Fast', 12, 'Bars of the fast average of MACD.'),
    integer('slowperiod', 'Slow', 26, 'Bars of the slow average of MACD.'),
    signalPeriod(9, 'Bars of the signal line of MACD.'),
  ],
  outputs: [{ name: 'impulse', label: 'Impulse', kind: 'integer', style: 'histogram' }],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'Whether inertia and power agree: 1 (green) when the average and the MACD histogram both rise, −1 (red) when both fall, 0 (blue) otherwise. Green forbids selling short, red forbids buying. Moves that are but rounding count as none. Fast and slow are swapped when given the wrong way round.',
  formula:
    'impulse = 1 where EMA(n) > EMA(n)[1] and hist > hist[1]; −1 where both are less; else 0; hist of MACD(12, 26, 9)',
  source: 'Elder, Come into My Trading Room (2002)',
  lookback: (parameters) =>
    Math.max(
      numberOf(parameters, 'timeperiod'),
      Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) +
        numberOf(parameters, 'signalperiod') -
        1,
    ),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const fast = Math.min(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod'));
    const slow = Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod'));
    const smooth = numberOf(parameters, 'signalperiod');
    const length = input.length;
    const first = Math.max(period, slow + smooth - 1);
    const means = new Float64Array(length);
    const macd = new Float64Array(length);
    emaColumn(input, fast, macd, slow - fast);
    emaColumn(input, slow, output);
    for (let i = slow - 1; i < length; i += 1) {
      macd[i] = (macd[i] as number) - (output[i] as number);
    }
    emaColumn(macd, smooth, output, slow - 1);
    emaColumn(input, period, means);
    if (length <= first) {
      output.fill(Number.NaN);
      return;
    }
    let mean = means[first - 1] as number;
    let hist = (macd[first - 1] as number) - (output[first - 1] as number);
    output.fill(Number.NaN, 0, first);
    for (let i = first; i < length; i += 1) {
      const meanNow = means[i] as number;
      const histNow = (macd[i] as number) - (output[i] as number);
      const turn = turnOf(meanNow - mean, meanNow);
      output[i] = turn === turnOf(histNow - hist, meanNow) ? turn : 0;
      mean = meanNow;
      hist = histNow;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const fast = Math.min(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod'));
    const slow = Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod'));
    const smooth = numberOf(parameters, 'signalperiod');
    const first = Math.max(period, slow + smooth - 1);
    // state: [bars seen, last average, last histogram, average, fast, slow, signal]
    const state = new Float64Array(3 + 4 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        state[0] = Math.min(seen + 1, Math.max(first, slow));
        outputs[0] = Number.NaN;
        const mean = emaStep(state, 3, period, x);
        const quick = seen < slow - fast ? Number.NaN : emaStep(state, 3 + EMA_LENGTH, fast, x);
        const macd = quick - emaStep(state, 3 + 2 * EMA_LENGTH, slow, x);
        if (Number.isNaN(macd)) return;
        const hist = macd - emaStep(state, 3 + 3 * EMA_LENGTH, smooth, macd);
        if (seen >= first) {
          const turn = turnOf(mean - (state[1] as number), mean);
          outputs[0] = turn === turnOf(hist - (state[2] as number), mean) ? turn : 0;
        }
        state[1] = mean;
        state[2] = hist;
      },
    };
  },
};
