import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { WILDER_LENGTH, wilderStep } from '../kernels/averages.ts';
import { windowSumAfterLeadIn, windowSumState } from '../kernels/window-sum.ts';

/** Where the close is in a range: 1 at its top, −1 at its bottom, 0 without a range. */
function closeLocation(high: number, low: number, close: number): number {
  const range = high - low;
  return range > 0 ? (close - low - (high - close)) / range : 0;
}

/** The state of Chaikin's money flow: two sums. */
function cmfStep(state: Float64Array, period: number, flow: number, volume: number): number {
  const flows = windowSumAfterLeadIn(state, 0, period, flow);
  const volumes = windowSumAfterLeadIn(state, windowSumState(period), period, volume);
  return volumes === 0 ? 0 : flows / volumes;
}

export const CMF: IndicatorDefinition = {
  id: 'cmf',
  aliases: ['chaikin_money_flow'],
  title: 'Chaikin money flow',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 20, 'Bars of the sums.', FROM_ONE)],
  outputs: [line('cmf', 'CMF')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'Whether volume came on bars that closed near their high (buying) or near their low (selling), from −1 to 1. A bar without a range counts as neither; it is 0 where none of the bars has volume.',
  formula:
    'CMF = Σ volume × ((close − low) − (high − close)) / (high − low) / Σ volume, over n bars',
  source: 'Chaikin; StockCharts ChartSchool, Chaikin Money Flow',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    parameters,
    [output = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 * windowSumState(period));
    for (let i = 0; i < close.length; i += 1) {
      const traded = volume[i] as number;
      const location = closeLocation(high[i] as number, low[i] as number, close[i] as number);
      output[i] = cmfStep(state, period, traded * location, traded);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(2 * windowSumState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        outputs[0] = cmfStep(state, period, volume * closeLocation(high, low, close), volume);
      },
    };
  },
};

/** state: [flow average, volume average, last close, whether there is one] */
const TWIGGS_STATE = 2 * WILDER_LENGTH + 2;

function twiggsStep(
  state: Float64Array,
  period: number,
  high: number,
  low: number,
  close: number,
  volume: number,
): number {
  const before = state[TWIGGS_STATE - 2] as number;
  const known = state[TWIGGS_STATE - 1] as number;
  state[TWIGGS_STATE - 2] = close;
  state[TWIGGS_STATE - 1] = 1;
  if (known === 0) return Number.NaN;
  const top = before > high ? before : high;
  const bottom = before < low ? before : low;
  const flow = volume * closeLocation(top, bottom, close);
  const flows = wilderStep(state, 0, period, flow);
  const volumes = wilderStep(state, WILDER_LENGTH, period, volume);
  return volumes === 0 ? 0 : flows / volumes;
}

export const TWIGGS_MONEY_FLOW: IndicatorDefinition = {
  id: 'twiggs_money_flow',
  aliases: ['tmf'],
  title: 'Twiggs money flow',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 21, 'Bars of the averages.', FROM_ONE)],
  outputs: [line('tmf', 'TMF')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'Chaikin money flow with gaps counted in, and smoothed so that a heavy bar fades instead of dropping out. Above 0 buyers lead. A bar without a true range counts as neither; it is 0 where nothing was traded at all.',
  formula:
    'top = max(high, close[1]); bottom = min(low, close[1]); TMF = Wilder(volume × ((close − bottom) − (top − close)) / (top − bottom), n) / Wilder(volume, n)',
  source: 'Twiggs, Twiggs Money Flow, Incredible Charts',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    parameters,
    [output = EMPTY],
  ) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(TWIGGS_STATE);
    for (let i = 0; i < close.length; i += 1) {
      output[i] = twiggsStep(
        state,
        period,
        high[i] as number,
        low[i] as number,
        close[i] as number,
        volume[i] as number,
      );
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(TWIGGS_STATE);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        outputs[0] = twiggsStep(state, period, high, low, close, volume);
      },
    };
  },
};

export const INTRADAY_INTENSITY: IndicatorDefinition = {
  id: 'intraday_intensity',
  aliases: ['intraday_intensity_index'],
  title: 'Intraday intensity',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [],
  outputs: [{ name: 'ii', label: 'II', kind: 'real', style: 'histogram' }],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'The volume of a bar, signed and weighted by where the close is in its range: how hard large traders moved the price into the close. Its running sum is the accumulation/distribution line (ad); summed over n bars and divided by their volume it is Chaikin money flow (cmf). A bar without a range gives 0.',
  formula: 'II = volume × (2 × close − high − low) / (high − low)',
  source: 'Bostian, Intraday Intensity Index; Bollinger, Bollinger on Bollinger Bands (2001)',
  lookback: () => 0,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    _parameters,
    [output = EMPTY],
  ) {
    for (let i = 0; i < close.length; i += 1) {
      const location = closeLocation(high[i] as number, low[i] as number, close[i] as number);
      output[i] = (volume[i] as number) * location;
    }
  },
  stream() {
    return {
      state: new Float64Array(0),
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        outputs[0] = volume * closeLocation(high, low, close);
      },
    };
  },
};

/** What a bar adds to Williams' line: the close from the true low or true high. */
function williamsMove(high: number, low: number, close: number, before: number): number {
  if (close > before) return close - (before < low ? before : low);
  if (close < before) return close - (before > high ? before : high);
  return 0;
}

export const WILLIAMS_AD: IndicatorDefinition = {
  id: 'williams_ad',
  aliases: ['wad', 'williams_accumulation_distribution'],
  title: 'Williams accumulation/distribution',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [],
  outputs: [line('wad', 'Williams A/D')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'A running sum of how far each close is from the true low on rising bars and from the true high on falling ones. It uses no volume. A new high of the price that the line does not follow hints at selling. Only its changes matter: it begins at the second bar.',
  formula:
    'close > close[1]: + close − min(low, close[1]); close < close[1]: + close − max(high, close[1]); equal: unchanged',
  source: 'Williams, How I Made One Million Dollars Last Year Trading Commodities (1973)',
  lookback: () => 1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], _parameters, [output = EMPTY]) {
    let sum = 0;
    if (close.length > 0) output[0] = Number.NaN;
    for (let i = 1; i < close.length; i += 1) {
      sum += williamsMove(
        high[i] as number,
        low[i] as number,
        close[i] as number,
        close[i - 1] as number,
      );
      output[i] = sum;
    }
  },
  stream() {
    // state: [whether there was a bar, last close, sum]
    const state = new Float64Array(3);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const known = state[0] as number;
        let sum = state[2] as number;
        if (known === 1) sum += williamsMove(high, low, close, state[1] as number);
        state[0] = 1;
        state[1] = close;
        state[2] = sum;
        outputs[0] = known === 1 ? sum : Number.NaN;
      },
    };
  },
};
