import { integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

const EMPTY = new Float64Array(0);

export const CCI: IndicatorDefinition = {
  id: 'cci',
  aliases: ['commodity_channel_index'],
  title: 'Commodity channel index',
  group: 'Momentum Indicators',
  inputs: ['high', 'low', 'close'],
  parameters: [integer('timeperiod', 'Period', 14, 'Bars of mean and deviation.')],
  outputs: [line('cci', 'CCI')],
  pane: 'own',
  levels: [-100, 100],
  unstable: false,
  explanation:
    'How far the typical price is from its mean, measured by its usual distance. Most values are between −100 and 100; beyond, the price is unusually far off, which is read as the start of a trend or as its excess. Where all typical prices are equal it is 0.',
  formula:
    'TP = (high + low + close) / 3; CCI = (TP − SMA(TP, n)) / (0.015 × mean of |TP − SMA(TP, n)|); 0 where that mean is 0',
  source: 'Lambert, Commodity Channel Index, Commodities (October 1980); TA-Lib CCI',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const length = close.length;
    const ring = new Float64Array(period);
    let at = 0;
    for (let i = 0; i < length; i += 1) {
      const price = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
      ring[at] = price;
      at = at + 1 === period ? 0 : at + 1;
      output[i] = i < period - 1 ? Number.NaN : channelIndex(ring, 0, period, price);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    // state: [bars seen, position, ring of typical prices]
    const state = new Float64Array(period + 2);
    return {
      state,
      step(inputs, outputs) {
        const [high = 0, low = 0, close = 0] = inputs;
        const price = (high + low + close) / 3;
        const seen = Math.min((state[0] as number) + 1, period);
        const at = state[1] as number;
        state[0] = seen;
        state[1] = at + 1 === period ? 0 : at + 1;
        state[2 + at] = price;
        outputs[0] = seen < period ? Number.NaN : channelIndex(state, 2, period, price);
      },
    };
  },
};

/**
 * CCI of the prices in a ring, in whatever order they stand. All is reckoned from the last price, so
 * that equal prices give exactly zero. Four sums at a time: one alone would wait for each addition.
 */
function channelIndex(ring: Float64Array, from: number, period: number, last: number): number {
  const end = from + period;
  const whole = end - 3;
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let j = from;
  for (; j < whole; j += 4) {
    a += (ring[j] as number) - last;
    b += (ring[j + 1] as number) - last;
    c += (ring[j + 2] as number) - last;
    d += (ring[j + 3] as number) - last;
  }
  for (; j < end; j += 1) a += (ring[j] as number) - last;
  const offset = (a + b + (c + d)) / period;
  const mean = last + offset;
  a = 0;
  b = 0;
  c = 0;
  d = 0;
  for (j = from; j < whole; j += 4) {
    a += Math.abs((ring[j] as number) - mean);
    b += Math.abs((ring[j + 1] as number) - mean);
    c += Math.abs((ring[j + 2] as number) - mean);
    d += Math.abs((ring[j + 3] as number) - mean);
  }
  for (; j < end; j += 1) a += Math.abs((ring[j] as number) - mean);
  const deviation = a + b + (c + d);
  return deviation === 0 ? 0 : -offset / (0.015 * (deviation / period));
}
