import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
} from '../definition.ts';
import { delayLength, delayStep } from '../kernels/delay.ts';
import { extremeState, extremeStep, HIGHEST, LOWEST, slidingExtreme } from '../kernels/extremes.ts';

/** Writes the middle of the range of the last `period` bars; `scratch` is overwritten. */
function middleColumn(
  high: Float64Array,
  low: Float64Array,
  period: number,
  output: Float64Array,
  scratch: Float64Array,
): void {
  slidingExtreme(high, period, HIGHEST, output);
  slidingExtreme(low, period, LOWEST, scratch);
  for (let i = 0; i < output.length; i += 1) {
    output[i] = ((output[i] as number) + (scratch[i] as number)) / 2;
  }
}

function middleLength(period: number): number {
  return 2 * extremeState(period);
}

function middleStep(
  state: Float64Array,
  at: number,
  period: number,
  high: number,
  low: number,
): number {
  const top = extremeStep(state, at, period, HIGHEST, high);
  return (top + extremeStep(state, at + extremeState(period), period, LOWEST, low)) / 2;
}

/** Moves a column `bars` to the right. */
function displace(column: Float64Array, bars: number): void {
  const lead = Math.min(bars, column.length);
  column.copyWithin(lead, 0, column.length - lead);
  column.fill(Number.NaN, 0, lead);
}

export const ICHIMOKU: IndicatorDefinition = {
  id: 'ichimoku',
  aliases: ['ichimoku_cloud', 'ichimoku_kinko_hyo'],
  title: 'Ichimoku cloud',
  group: 'Trend',
  inputs: ['high', 'low', 'close'],
  parameters: [
    integer('conversion', 'Conversion', 9, 'Bars of the tenkan line.', FROM_ONE),
    integer('base', 'Base', 26, 'Bars of the kijun line.', FROM_ONE),
    integer('span', 'Span B', 52, 'Bars of the senkou B span.', FROM_ONE),
    integer('displacement', 'Displacement', 26, 'Bars that the spans are moved.', FROM_ONE),
  ],
  outputs: [
    line('tenkan', 'Tenkan'),
    line('kijun', 'Kijun'),
    { name: 'senkou_a', label: 'Senkou A', kind: 'real', style: 'area' },
    { name: 'senkou_b', label: 'Senkou B', kind: 'real', style: 'area' },
    line('chikou', 'Chikou'),
  ],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'Lines at the middle of recent ranges. The two senkou spans make the cloud: the price above it is in an uptrend, below it in a downtrend. Nothing here comes from the future: the spans of a bar are the cloud that is drawn at it, computed a displacement earlier. The chikou of a bar is its own close, known from the bar on that a displacement of bars precedes; charts draw it that far to the left, and a rule compares it with the price of then, as in chikou > close[26]. TradingView counts the current bar into the displacement: 25 here gives its drawing.',
  formula:
    'mid(n) = (highest high(n) + lowest low(n)) / 2; tenkan = mid(9); kijun = mid(26); senkou A = (tenkan[26] + kijun[26]) / 2; senkou B = mid(52)[26]; chikou = close',
  source: 'Ichimoku Sanjin (Goichi Hosoda), Ichimoku Kinko Hyo (1969)',
  lookback: (parameters) =>
    Math.min(
      numberOf(parameters, 'conversion') - 1,
      numberOf(parameters, 'base') - 1,
      numberOf(parameters, 'displacement'),
    ),
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY],
    parameters,
    [tenkan = EMPTY, kijun = EMPTY, spanA = EMPTY, spanB = EMPTY, chikou = EMPTY],
  ) {
    const shift = numberOf(parameters, 'displacement');
    middleColumn(high, low, numberOf(parameters, 'conversion'), tenkan, chikou);
    middleColumn(high, low, numberOf(parameters, 'base'), kijun, chikou);
    middleColumn(high, low, numberOf(parameters, 'span'), spanB, chikou);
    for (let i = 0; i < close.length; i += 1) {
      spanA[i] = ((tenkan[i] as number) + (kijun[i] as number)) / 2;
    }
    displace(spanA, shift);
    displace(spanB, shift);
    chikou.set(close);
    chikou.fill(Number.NaN, 0, Math.min(shift, close.length));
  },
  stream(parameters) {
    const conversion = numberOf(parameters, 'conversion');
    const base = numberOf(parameters, 'base');
    const span = numberOf(parameters, 'span');
    const shift = numberOf(parameters, 'displacement');
    const second = 1 + middleLength(conversion);
    const third = second + middleLength(base);
    const cloudA = third + middleLength(span);
    const cloudB = cloudA + delayLength(shift);
    // state: [bars seen, ranges of the three, delays of the two spans]
    const state = new Float64Array(cloudB + delayLength(shift));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const seen = state[0] as number;
        state[0] = Math.min(seen + 1, shift);
        const tenkan = middleStep(state, 1, conversion, high, low);
        const kijun = middleStep(state, second, base, high, low);
        const spanA = delayStep(state, cloudA, shift, (tenkan + kijun) / 2);
        const middle = middleStep(state, third, span, high, low);
        const spanB = delayStep(state, cloudB, shift, middle);
        const drawn = seen >= shift;
        outputs[0] = tenkan;
        outputs[1] = kijun;
        outputs[2] = drawn ? spanA : Number.NaN;
        outputs[3] = drawn ? spanB : Number.NaN;
        outputs[4] = drawn ? close : Number.NaN;
      },
    };
  },
};
