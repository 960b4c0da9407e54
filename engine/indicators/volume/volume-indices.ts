import { EMPTY, line, numberOf, signalPeriod, type IndicatorDefinition } from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep } from '../kernels/averages.ts';

/** The change of the price as a share of the price before; none from a price of zero. */
function shareOf(close: number, before: number): number {
  return before === 0 ? 0 : (close - before) / before;
}

export const PVT: IndicatorDefinition = {
  id: 'pvt',
  aliases: ['price_volume_trend', 'vpt', 'volume_price_trend'],
  title: 'Price volume trend',
  group: 'Volume Indicators',
  inputs: ['close', 'volume'],
  parameters: [],
  outputs: [line('pvt', 'PVT')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'A running sum of volume, each bar weighted by the percentage that the price moved: on-balance volume that hears small moves softly. Divergence from the price is what is watched, not its height. A change from a price of 0 adds nothing.',
  formula: 'PVT = PVT[1] + volume × (close − close[1]) / close[1], from 0 before the second bar',
  source: 'StockCharts ChartSchool, Price Volume Trend',
  lookback: () => 1,
  compute([close = EMPTY, volume = EMPTY], _parameters, [output = EMPTY]) {
    let sum = 0;
    if (close.length > 0) output[0] = Number.NaN;
    for (let i = 1; i < close.length; i += 1) {
      sum += (volume[i] as number) * shareOf(close[i] as number, close[i - 1] as number);
      output[i] = sum;
    }
  },
  stream() {
    // state: [whether there was a bar, last close, sum]
    const state = new Float64Array(3);
    return {
      state,
      step(inputs, outputs) {
        const close = inputs[0] as number;
        const volume = inputs[1] as number;
        const known = state[0] as number;
        let sum = state[2] as number;
        if (known === 1) sum += volume * shareOf(close, state[1] as number);
        state[0] = 1;
        state[1] = close;
        state[2] = sum;
        outputs[0] = known === 1 ? sum : Number.NaN;
      },
    };
  },
};

/** Where both indices begin. */
const BASE = 1000;

/** What tells the two indices apart: which change of volume lets them move. */
interface VolumeIndex {
  readonly id: 'nvi' | 'pvi';
  readonly aliases: readonly string[];
  readonly title: string;
  readonly label: string;
  readonly explanation: string;
  readonly moves: 'volume < volume[1]' | 'volume > volume[1]';
  /** Moves where `sign × (volume − volume[1])` is above zero. */
  readonly sign: 1 | -1;
}

function volumeIndex(index: VolumeIndex): IndicatorDefinition {
  const { id, sign } = index;
  return {
    id,
    aliases: index.aliases,
    title: index.title,
    group: 'Volume Indicators',
    inputs: ['close', 'volume'],
    parameters: [signalPeriod(255, 'Bars of the average of the index.')],
    outputs: [line(id, index.label), line('signal', 'Signal')],
    pane: 'own',
    levels: [],
    unstable: true,
    explanation: index.explanation,
    formula: `from 1000; where ${index.moves}: × close / close[1], else unchanged (and where close[1] is 0); signal = EMA(signalperiod)`,
    source: 'Dysart (1936); Fosback, Stock Market Logic (1976)',
    lookback: () => 0,
    compute([close = EMPTY, volume = EMPTY], parameters, [output = EMPTY, signal = EMPTY]) {
      const period = numberOf(parameters, 'signalperiod');
      let value = BASE;
      if (close.length > 0) output[0] = value;
      for (let i = 1; i < close.length; i += 1) {
        // Multiplied by 0 or 1, because a branch would often be guessed wrongly.
        const counts = Number(sign * ((volume[i] as number) - (volume[i - 1] as number)) > 0);
        value += value * shareOf(close[i] as number, close[i - 1] as number) * counts;
        output[i] = value;
      }
      emaColumn(output, period, signal);
    },
    stream(parameters) {
      const period = numberOf(parameters, 'signalperiod');
      // state: [average, last close, last volume, index, whether there was a bar]
      const state = new Float64Array(EMA_LENGTH + 4);
      state[EMA_LENGTH + 2] = BASE;
      return {
        state,
        step(inputs, outputs) {
          const close = inputs[0] as number;
          const volume = inputs[1] as number;
          let value = state[EMA_LENGTH + 2] as number;
          const began = state[EMA_LENGTH + 3] === 1;
          if (began && sign * (volume - (state[EMA_LENGTH + 1] as number)) > 0) {
            value += value * shareOf(close, state[EMA_LENGTH] as number);
          }
          state[EMA_LENGTH] = close;
          state[EMA_LENGTH + 1] = volume;
          state[EMA_LENGTH + 2] = value;
          state[EMA_LENGTH + 3] = 1;
          outputs[0] = value;
          outputs[1] = emaStep(state, 0, period, value);
        },
      };
    },
  };
}

export const NVI = volumeIndex({
  id: 'nvi',
  aliases: ['negative_volume_index'],
  title: 'Negative volume index',
  label: 'NVI',
  explanation:
    'Follows the price on bars of falling volume only, when the crowd is said to be away. Above its one-year average Fosback found a bull market likely.',
  moves: 'volume < volume[1]',
  sign: -1,
});

export const PVI = volumeIndex({
  id: 'pvi',
  aliases: ['positive_volume_index'],
  title: 'Positive volume index',
  label: 'PVI',
  explanation:
    'Follows the price on bars of rising volume only, when the crowd is said to trade. Below its one-year average a bear market is likely.',
  moves: 'volume > volume[1]',
  sign: 1,
});
