import type { ParameterValues } from '../../domain/parameters.ts';
import {
  EMPTY,
  histogram,
  integer,
  line,
  numberOf,
  signalPeriod,
  type IndicatorDefinition,
  type OutputDefinition,
  type StreamKernel,
} from '../definition.ts';

export const MACD_OUTPUTS: readonly OutputDefinition[] = [
  line('macd', 'MACD'),
  line('signal', 'Signal'),
  histogram(),
];

/** Periods and weights of the three averages, fast not longer than slow. */
interface Averages {
  readonly fast: number;
  readonly slow: number;
  readonly smooth: number;
  readonly fastWeight: number;
  readonly slowWeight: number;
}

/**
 * Each average is seeded with a mean: the slow one with that of the first bars, the fast one with that
 * of the last bars before the same moment, the signal with that of the first distances.
 */
function computeMacd(
  { fast, slow, smooth, fastWeight, slowWeight }: Averages,
  [input = EMPTY]: readonly Float64Array[],
  [macd = EMPTY, signal = EMPTY, hist = EMPTY]: readonly Float64Array[],
): void {
  const length = input.length;
  const first = slow + smooth - 2;
  const lead = Math.min(first, length);
  macd.fill(Number.NaN, 0, lead);
  signal.fill(Number.NaN, 0, lead);
  hist.fill(Number.NaN, 0, lead);
  if (length <= first) return;
  let quick = 0;
  let slack = 0;
  for (let i = 0; i < slow; i += 1) {
    const x = input[i] as number;
    slack += x;
    if (i >= slow - fast) quick += x;
  }
  quick /= fast;
  slack /= slow;
  let smoothed = quick - slack;
  for (let i = slow; i <= first; i += 1) {
    const x = input[i] as number;
    quick = (x - quick) * fastWeight + quick;
    slack = (x - slack) * slowWeight + slack;
    smoothed += quick - slack;
  }
  smoothed /= smooth;
  macd[first] = quick - slack;
  signal[first] = smoothed;
  hist[first] = quick - slack - smoothed;
  const weight = 2 / (smooth + 1);
  for (let i = first + 1; i < length; i += 1) {
    const x = input[i] as number;
    quick = (x - quick) * fastWeight + quick;
    slack = (x - slack) * slowWeight + slack;
    const distance = quick - slack;
    smoothed = (distance - smoothed) * weight + smoothed;
    macd[i] = distance;
    signal[i] = smoothed;
    hist[i] = distance - smoothed;
  }
}

function streamMacd({ fast, slow, smooth, fastWeight, slowWeight }: Averages): StreamKernel {
  const weight = 2 / (smooth + 1);
  const first = slow + smooth - 2;
  // state: [bars seen, fast, slow, signal]; an average is a sum until it is seeded.
  const state = new Float64Array(4);
  return {
    state,
    step(inputs, outputs) {
      const x = inputs[0] as number;
      const seen = state[0] as number;
      let quick = state[1] as number;
      let slack = state[2] as number;
      let smoothed = state[3] as number;
      if (seen < slow) {
        slack += x;
        if (seen >= slow - fast) quick += x;
        if (seen === slow - 1) {
          quick /= fast;
          slack /= slow;
        }
      } else {
        quick = (x - quick) * fastWeight + quick;
        slack = (x - slack) * slowWeight + slack;
      }
      const distance = quick - slack;
      if (seen > first) smoothed = (distance - smoothed) * weight + smoothed;
      else if (seen >= slow - 1) smoothed += distance;
      if (seen === first) smoothed /= smooth;
      state[0] = Math.min(seen + 1, first + 1);
      state[1] = quick;
      state[2] = slack;
      state[3] = smoothed;
      outputs[0] = seen < first ? Number.NaN : distance;
      outputs[1] = seen < first ? Number.NaN : smoothed;
      outputs[2] = seen < first ? Number.NaN : distance - smoothed;
    },
  };
}

function averagesOf(parameters: ParameterValues): Averages {
  const given = [numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')] as const;
  const fast = Math.min(...given);
  const slow = Math.max(...given);
  const smooth = numberOf(parameters, 'signalperiod');
  return { fast, slow, smooth, fastWeight: 2 / (fast + 1), slowWeight: 2 / (slow + 1) };
}

export const MACD: IndicatorDefinition = {
  id: 'macd',
  aliases: ['moving_average_convergence_divergence'],
  title: 'MACD',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('fastperiod', 'Fast', 12, 'Bars of the fast average.'),
    integer('slowperiod', 'Slow', 26, 'Bars of the slow average.'),
    signalPeriod(9),
  ],
  outputs: MACD_OUTPUTS,
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The distance of two exponential averages, and a smoothed signal of it. The histogram is their difference; it changes sign where they cross. Fast and slow are swapped when given the wrong way round.',
  formula:
    'MACD = EMA(fast) − EMA(slow); signal = EMA(MACD, signal); hist = MACD − signal. Both averages start with the slow one.',
  source: 'Appel, The Moving Average Convergence-Divergence Trading Method (1985); TA-Lib MACD',
  lookback: (parameters) => {
    const { slow, smooth } = averagesOf(parameters);
    return slow + smooth - 2;
  },
  compute(inputs, parameters, outputs) {
    computeMacd(averagesOf(parameters), inputs, outputs);
  },
  stream: (parameters) => streamMacd(averagesOf(parameters)),
};

/** Appel's own constants, which are those of 12.33 and 25.67 bars. */
function fixedAverages(parameters: ParameterValues): Averages {
  const smooth = numberOf(parameters, 'signalperiod');
  return { fast: 12, slow: 26, smooth, fastWeight: 0.15, slowWeight: 0.075 };
}

export const MACDFIX: IndicatorDefinition = {
  id: 'macdfix',
  aliases: ['macd_fixed'],
  title: 'MACD with fixed constants',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [signalPeriod(9)],
  outputs: MACD_OUTPUTS,
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The MACD with the smoothing constants of its author, 0.15 and 0.075, that 12 and 26 bars only come close to. It is read in the same way: the histogram changes sign where MACD and signal cross.',
  formula:
    'F = F[1] + 0.15 × (x − F[1]), seeded with the mean of 12 bars; S = S[1] + 0.075 × (x − S[1]), seeded with that of 26; MACD = F − S; signal = EMA(MACD, signal); hist = MACD − signal',
  source: 'Appel, The Moving Average Convergence-Divergence Trading Method (1985); TA-Lib MACDFIX',
  lookback: (parameters) => 24 + numberOf(parameters, 'signalperiod'),
  compute(inputs, parameters, outputs) {
    computeMacd(fixedAverages(parameters), inputs, outputs);
  },
  stream: (parameters) => streamMacd(fixedAverages(parameters)),
};
