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
  smaColumn,
  smaLength,
  smaStep,
  wmaColumn,
  wmaLength,
  wmaStep,
} from '../kernels/averages.ts';
import { delayLength, delayStep } from '../kernels/delay.ts';

/** Change in percent; 0 where the base is 0. */
function percentChange(x: number, base: number): number {
  return base === 0 ? 0 : (100 * (x - base)) / base;
}

export const COPPOCK: IndicatorDefinition = {
  id: 'coppock',
  aliases: ['coppock_curve'],
  title: 'Coppock curve',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('wmaperiod', 'WMA period', 10, 'Bars of the weighted average.', FROM_ONE),
    integer('longroc', 'Long ROC', 14, 'Bars of the long rate of change.', FROM_ONE),
    integer('shortroc', 'Short ROC', 11, 'Bars of the short rate of change.', FROM_ONE),
  ],
  outputs: [line('coppock', 'Coppock')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'The weighted average of two rates of change. On monthly bars of a stock index a turn upwards from below zero is its signal to buy for the long run. A change from 0 counts as 0.',
  formula: 'WMA(ROC(14) + ROC(11), 10); ROC(n) = 100 × (x − x[n]) / x[n]',
  source: 'Coppock, Barron’s (15 October 1962)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'longroc'), numberOf(parameters, 'shortroc')) +
    numberOf(parameters, 'wmaperiod') -
    1,
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const long = numberOf(parameters, 'longroc');
    const short = numberOf(parameters, 'shortroc');
    const first = Math.max(long, short);
    const sums = new Float64Array(input.length);
    for (let i = first; i < input.length; i += 1) {
      const x = input[i] as number;
      sums[i] =
        percentChange(x, input[i - long] as number) + percentChange(x, input[i - short] as number);
    }
    wmaColumn(sums, numberOf(parameters, 'wmaperiod'), output, first);
  },
  stream(parameters) {
    const long = numberOf(parameters, 'longroc');
    const short = numberOf(parameters, 'shortroc');
    const first = Math.max(long, short);
    const period = numberOf(parameters, 'wmaperiod');
    const second = 1 + delayLength(long);
    const average = second + delayLength(short);
    // state: [bars seen, two delays, average]
    const state = new Float64Array(average + wmaLength(period));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const far = delayStep(state, 1, long, x);
        const near = delayStep(state, second, short, x);
        state[0] = Math.min(seen + 1, first);
        outputs[0] =
          seen < first
            ? Number.NaN
            : wmaStep(state, average, period, percentChange(x, far) + percentChange(x, near));
      },
    };
  },
};

const KST_ROCS = [10, 15, 20, 30];
const KST_AVERAGES = [10, 10, 10, 15];

export const KST: IndicatorDefinition = {
  id: 'kst',
  aliases: ['know_sure_thing'],
  title: 'Know sure thing',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    ...KST_ROCS.map((bars, k) =>
      integer(`roc${k + 1}`, `ROC ${k + 1}`, bars, 'Bars of a rate of change.', FROM_ONE),
    ),
    ...KST_AVERAGES.map((bars, k) =>
      integer(`sma${k + 1}`, `SMA ${k + 1}`, bars, 'Bars of its average.', FROM_ONE),
    ),
    signalPeriod(9),
  ],
  outputs: [line('kst', 'KST'), line('signal', 'Signal')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Four smoothed rates of change from short to long, weighted 1 to 4 and added up: the momentum of several cycles in one line. Its crossing of the signal line or of zero is read as a turn. A change from 0 counts as 0.',
  formula: 'KST = Σ k × SMA(ROC(r[k]), s[k]), k = 1 … 4, ROC in percent; signal = SMA(KST, signal)',
  source: 'Pring, Summed Rate of Change (KST), Stocks & Commodities (September 1992)',
  lookback: (parameters) => kstPeriods(parameters).first + numberOf(parameters, 'signalperiod') - 1,
  compute([input = EMPTY], parameters, [kst = EMPTY, signal = EMPTY]) {
    const { rocs, averages, first } = kstPeriods(parameters);
    const length = input.length;
    const period = numberOf(parameters, 'signalperiod');
    const changes = new Float64Array(length);
    kst.fill(0);
    for (let k = 0; k < 4; k += 1) {
      const bars = rocs[k] as number;
      for (let i = bars; i < length; i += 1) {
        changes[i] = percentChange(input[i] as number, input[i - bars] as number);
      }
      smaColumn(changes, averages[k] as number, signal, bars);
      for (let i = first; i < length; i += 1) {
        kst[i] = (kst[i] as number) + (k + 1) * (signal[i] as number);
      }
    }
    smaColumn(kst, period, signal, first);
    kst.fill(Number.NaN, 0, Math.min(first + period - 1, length));
  },
  stream(parameters) {
    const { rocs, averages } = kstPeriods(parameters);
    const period = numberOf(parameters, 'signalperiod');
    const longest = Math.max(...rocs);
    const places: number[] = [];
    let size = 1;
    for (let k = 0; k < 4; k += 1) {
      places.push(size, size + delayLength(rocs[k] as number));
      size += delayLength(rocs[k] as number) + smaLength(averages[k] as number);
    }
    // state: [bars seen, a delay and an average for each change, signal]
    const state = new Float64Array(size + smaLength(period));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        let sum = 0;
        for (let k = 0; k < 4; k += 1) {
          const bars = rocs[k] as number;
          const base = delayStep(state, places[2 * k] as number, bars, x);
          const mean =
            seen < bars
              ? Number.NaN
              : smaStep(
                  state,
                  places[2 * k + 1] as number,
                  averages[k] as number,
                  percentChange(x, base),
                );
          sum += (k + 1) * mean;
        }
        state[0] = Math.min(seen + 1, longest);
        const signal = Number.isNaN(sum) ? sum : smaStep(state, size, period, sum);
        outputs[0] = Number.isNaN(signal) ? signal : sum;
        outputs[1] = signal;
      },
    };
  },
};

function kstPeriods(parameters: Parameters<IndicatorDefinition['lookback']>[0]): {
  readonly rocs: readonly number[];
  readonly averages: readonly number[];
  /** First bar that has all four. */
  readonly first: number;
} {
  const rocs = KST_ROCS.map((_, k) => numberOf(parameters, `roc${k + 1}`));
  const averages = KST_AVERAGES.map((_, k) => numberOf(parameters, `sma${k + 1}`));
  const first = Math.max(...rocs.map((bars, k) => bars + (averages[k] as number) - 1));
  return { rocs, averages, first };
}

export const DPO: IndicatorDefinition = {
  id: 'dpo',
  aliases: ['detrended_price_oscillator'],
  title: 'Detrended price oscillator',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 20, 'Bars of the average.')],
  outputs: [line('dpo', 'DPO')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'The price less its simple average of half a period ago, which takes the trend out and leaves cycles shorter than the period. This is the form that is not centred: each bar uses itself and bars before it only, and nothing is moved to the left.',
  formula: 'DPO = x − SMA(x, n)[⌊n / 2⌋ + 1]',
  source: 'Achelis, Technical Analysis from A to Z (1995); TradingView’s form, not centred',
  lookback: (parameters) => {
    const period = numberOf(parameters, 'timeperiod');
    return period + (period >> 1);
  },
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const shift = (period >> 1) + 1;
    const first = period - 1 + shift;
    const means = new Float64Array(input.length);
    smaColumn(input, period, means);
    output.fill(Number.NaN, 0, Math.min(first, input.length));
    for (let i = first; i < input.length; i += 1) {
      output[i] = (input[i] as number) - (means[i - shift] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const shift = (period >> 1) + 1;
    const first = period - 1 + shift;
    const delay = 1 + smaLength(period);
    // state: [bars seen, average, delayed averages]
    const state = new Float64Array(delay + delayLength(shift));
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const seen = state[0] as number;
        const mean = smaStep(state, 1, period, x);
        state[0] = Math.min(seen + 1, first);
        outputs[0] = Number.NaN;
        if (seen < period - 1) return;
        const before = delayStep(state, delay, shift, mean);
        if (seen === first) outputs[0] = x - before;
      },
    };
  },
};
