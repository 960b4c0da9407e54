import type { ChoiceParameter } from '../../domain/parameters.ts';
import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  real,
  signalPeriod,
  type IndicatorDefinition,
} from '../definition.ts';
import { EMA_LENGTH, emaColumn, emaStep, emaWeight, smoothStep } from '../kernels/averages.ts';
import { windowSumAfterLeadIn, windowSumState } from '../kernels/window-sum.ts';

export const FORCE_INDEX: IndicatorDefinition = {
  id: 'force_index',
  aliases: ['efi', 'elder_force_index'],
  title: 'Force index',
  group: 'Volume Indicators',
  inputs: ['close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 13, 'Bars of the average.', FROM_ONE)],
  outputs: [line('force', 'Force')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The change of the price times the volume behind it, smoothed. Above 0 the bulls are in control. Elder reads a period of 2 for entries and of 13 for the trend.',
  formula: 'EMA(volume × (close − close[1]), n)',
  source: 'Elder, Trading for a Living (1993)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([close = EMPTY, volume = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    for (let i = 1; i < close.length; i += 1) {
      output[i] = (volume[i] as number) * ((close[i] as number) - (close[i - 1] as number));
    }
    emaColumn(output, period, output, 1);
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [average, whether there was a bar, last close]
    const state = new Float64Array(EMA_LENGTH + 2);
    return {
      state,
      step(inputs, outputs) {
        const close = inputs[0] as number;
        const volume = inputs[1] as number;
        const known = state[EMA_LENGTH] === 1;
        const force = known ? volume * (close - (state[EMA_LENGTH + 1] as number)) : Number.NaN;
        state[EMA_LENGTH] = 1;
        state[EMA_LENGTH + 1] = close;
        outputs[0] = emaStep(state, 0, period, force);
      },
    };
  },
};

/** How far the middle of the bar moved for the volume it took. */
function ease(
  high: number,
  low: number,
  highBefore: number,
  lowBefore: number,
  volume: number,
  scale: number,
): number {
  if (volume === 0) return 0;
  const moved = (high + low) / 2 - (highBefore + lowBefore) / 2;
  return (moved * (high - low) * scale) / volume;
}

export const EASE_OF_MOVEMENT: IndicatorDefinition = {
  id: 'ease_of_movement',
  aliases: ['eom', 'emv'],
  title: 'Ease of movement',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'volume'],
  parameters: [
    integer('timeperiod', 'Period', 14, 'Bars of the average.', FROM_ONE),
    real(
      'scale',
      'Scale',
      100_000_000,
      'Volume of one unit: 100,000,000 for index funds as on StockCharts, 10,000 as on TradingView.',
      [1e-12, 1e15],
      1,
    ),
  ],
  outputs: [line('eom', 'EOM')],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'How easily the price moves: far above 0 it rises on little volume, far below it falls on little volume, near 0 it takes much volume to move it. A bar without volume gives 0.',
  formula: 'SMA(((high + low) / 2 − (high[1] + low[1]) / 2) × (high − low) × scale / volume, n)',
  source:
    'Arms, Volume Cycles in the Stock Market (1983); StockCharts ChartSchool, Ease of Movement',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([high = EMPTY, low = EMPTY, volume = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const scale = numberOf(parameters, 'scale');
    const state = new Float64Array(windowSumState(period));
    if (high.length > 0) output[0] = Number.NaN;
    for (let i = 1; i < high.length; i += 1) {
      const x = ease(
        high[i] as number,
        low[i] as number,
        high[i - 1] as number,
        low[i - 1] as number,
        volume[i] as number,
        scale,
      );
      output[i] = windowSumAfterLeadIn(state, 0, period, x) / period;
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const scale = numberOf(parameters, 'scale');
    const own = windowSumState(period);
    // state: [sum, whether there was a bar, last high, last low]
    const state = new Float64Array(own + 3);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const volume = inputs[2] as number;
        const x =
          state[own] === 1
            ? ease(high, low, state[own + 1] as number, state[own + 2] as number, volume, scale)
            : Number.NaN;
        state[own] = 1;
        state[own + 1] = high;
        state[own + 2] = low;
        outputs[0] = windowSumAfterLeadIn(state, 0, period, x) / period;
      },
    };
  },
};

const VERSIONS = ['original', 'common', 'simple'] as const;
const VERSION: ChoiceParameter = {
  kind: 'choice',
  name: 'version',
  label: 'Version',
  description:
    'original: Klinger’s article, |2 × DM / CM − 1|. common: |2 × (DM / CM − 1)| × 100, as in many programs. simple: the signed volume alone, as on TradingView.',
  default: 'original',
  choices: VERSIONS,
};

// Where things are in the state of Klinger's volume force.
const KNOWN = 0;
const LAST_TYPICAL = 1;
const LAST_RANGE = 2;
const LAST_TREND = 3; // 0 before there is one
const CUMULATIVE = 4;
const FORCE_STATE = 5;

/** Klinger's volume force; NaN on the first bar. */
function volumeForce(
  state: Float64Array,
  version: number,
  high: number,
  low: number,
  close: number,
  volume: number,
): number {
  const known = state[KNOWN] as number;
  const typical = high + low + close;
  const before = state[LAST_TYPICAL] as number;
  const range = high - low;
  state[KNOWN] = 1;
  state[LAST_TYPICAL] = typical;
  if (known === 0) {
    state[LAST_RANGE] = range;
    return Number.NaN;
  }
  if (version === 2) return typical >= before ? volume : -volume;
  const trend = typical > before ? 1 : -1;
  const same = trend === state[LAST_TREND];
  const cumulative = range + ((same ? state[CUMULATIVE] : state[LAST_RANGE]) as number);
  state[LAST_RANGE] = range;
  state[LAST_TREND] = trend;
  state[CUMULATIVE] = cumulative;
  if (cumulative === 0) return 0;
  const ratio = range / cumulative;
  const share = version === 0 ? Math.abs(2 * ratio - 1) : 100 * Math.abs(2 * (ratio - 1));
  return volume * share * trend;
}

export const KLINGER: IndicatorDefinition = {
  id: 'klinger',
  aliases: ['kvo', 'klinger_oscillator', 'klinger_volume_oscillator'],
  title: 'Klinger volume oscillator',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [
    integer('fastperiod', 'Fast', 34, 'Bars of the fast average.', FROM_ONE),
    integer('slowperiod', 'Slow', 55, 'Bars of the slow average.', FROM_ONE),
    signalPeriod(13),
    VERSION,
  ],
  outputs: [line('kvo', 'KVO'), line('signal', 'Signal')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The long-term flow of money against the short-term one: the difference of two averages of a volume that is signed by the direction of the typical price. A cross of its signal in the direction of the trend is the sign to act on. Programs differ in the volume force; the version says which is used. It is 0 where neither bar has a range.',
  formula:
    'T = 1 where high + low + close rose, else −1; DM = high − low; CM = CM[1] + DM while T stays, else DM[1] + DM; VF = volume × T × |2 × DM / CM − 1|; KVO = EMA(VF, fast) − EMA(VF, slow); signal = EMA(KVO)',
  source:
    'Klinger, Identifying Trends with Volume Analysis, Technical Analysis of Stocks & Commodities 15:12 (December 1997)',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')),
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    parameters,
    [kvo = EMPTY, signal = EMPTY],
  ) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const version = VERSIONS.indexOf(parameters['version'] as (typeof VERSIONS)[number]);
    const force = new Float64Array(FORCE_STATE);
    for (let i = 0; i < close.length; i += 1) {
      kvo[i] = volumeForce(
        force,
        version,
        high[i] as number,
        low[i] as number,
        close[i] as number,
        volume[i] as number,
      );
    }
    emaColumn(kvo, fast, signal, 1);
    emaColumn(kvo, slow, kvo, 1);
    for (let i = 0; i < kvo.length; i += 1) kvo[i] = (signal[i] as number) - (kvo[i] as number);
    emaColumn(kvo, smooth, signal, Math.max(fast, slow));
  },
  stream(parameters) {
    const fast = numberOf(parameters, 'fastperiod');
    const slow = numberOf(parameters, 'slowperiod');
    const smooth = numberOf(parameters, 'signalperiod');
    const version = VERSIONS.indexOf(parameters['version'] as (typeof VERSIONS)[number]);
    // state: [volume force, fast average, slow average, signal]
    const state = new Float64Array(FORCE_STATE + 3 * EMA_LENGTH);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const force = volumeForce(state, version, high, low, close, volume);
        const quick = emaStep(state, FORCE_STATE, fast, force);
        const calm = emaStep(state, FORCE_STATE + EMA_LENGTH, slow, force);
        const at = FORCE_STATE + 2 * EMA_LENGTH;
        outputs[0] = quick - calm;
        outputs[1] = emaStep(state, at, smooth, quick - calm);
      },
    };
  },
};

/** state: [signed average, volume average, whether there was a bar, last close] */
const ZONE_STATE = 2 * EMA_LENGTH + 2;

function zoneStep(state: Float64Array, period: number, close: number, volume: number): number {
  const known = state[ZONE_STATE - 2] as number;
  const before = state[ZONE_STATE - 1] as number;
  state[ZONE_STATE - 2] = 1;
  state[ZONE_STATE - 1] = close;
  if (known === 0) return Number.NaN;
  const weight = emaWeight(period);
  const signed = smoothStep(state, 0, period, weight, close > before ? volume : -volume);
  const whole = smoothStep(state, EMA_LENGTH, period, weight, volume);
  return whole === 0 ? 0 : (100 * signed) / whole;
}

export const VOLUME_ZONE_OSCILLATOR: IndicatorDefinition = {
  id: 'volume_zone_oscillator',
  aliases: ['vzo'],
  title: 'Volume zone oscillator',
  group: 'Volume Indicators',
  inputs: ['close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of the averages.', FROM_ONE)],
  outputs: [line('vzo', 'VZO')],
  pane: 'own',
  levels: [-60, -40, 0, 40, 60],
  unstable: true,
  explanation:
    'The share of volume that came on rising bars less that on the others, from −100 to 100. Above 40 buyers have the market, above 60 it is overbought; below −40 and −60 the reverse. A bar that closes unchanged counts as falling, as in the article. It is 0 where nothing was traded.',
  formula: 'VZO = 100 × EMA(close > close[1] ? volume : −volume, n) / EMA(volume, n)',
  source:
    'Khalil and Steckler, In the Volume Zone, Technical Analysis of Stocks & Commodities (May 2011)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([close = EMPTY, volume = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(ZONE_STATE);
    for (let i = 0; i < close.length; i += 1) {
      output[i] = zoneStep(state, period, close[i] as number, volume[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(ZONE_STATE);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = zoneStep(state, period, inputs[0] as number, inputs[1] as number);
      },
    };
  },
};
