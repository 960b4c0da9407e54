import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

/** Volume of a bar, signed and scaled by where in its range it closed: −1 at the low, 1 at the high. */
function moneyFlow(high: number, low: number, close: number, volume: number): number {
  const range = high - low;
  return range > 0 ? ((close - low - (high - close)) / range) * volume : 0;
}

export const AD: IndicatorDefinition = {
  id: 'ad',
  aliases: ['accumulation_distribution', 'adl', 'chaikin_ad'],
  title: 'Accumulation/distribution line',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [],
  outputs: [line('ad', 'A/D')],
  pane: 'own',
  levels: [],
  unstable: true,
  explanation:
    'A running total of volume, counted up where bars close near their high and down where they close near their low. A line that falls while the price rises warns of selling into strength. Bars without a range add nothing. Only its course counts, since its level depends on the first bar.',
  formula:
    'AD = AD[1] + ((close − low) − (high − close)) / (high − low) × volume; 0 where high = low',
  source: 'Chaikin, accumulation/distribution line; TA-Lib AD',
  lookback: () => 0,
  compute([high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY], _, [output = EMPTY]) {
    let total = 0;
    for (let i = 0; i < close.length; i += 1) {
      total += moneyFlow(
        high[i] as number,
        low[i] as number,
        close[i] as number,
        volume[i] as number,
      );
      output[i] = total;
    }
  },
  stream() {
    // state: [total]
    const state = new Float64Array(1);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const total = (state[0] as number) + moneyFlow(high, low, close, volume);
        state[0] = total;
        outputs[0] = total;
      },
    };
  },
};

export const ADOSC: IndicatorDefinition = {
  id: 'adosc',
  aliases: ['chaikin_oscillator', 'accumulation_distribution_oscillator'],
  title: 'Chaikin oscillator',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [
    integer('fastperiod', 'Fast', 3, 'Bars of the first average.'),
    integer('slowperiod', 'Slow', 10, 'Bars of the second average.'),
  ],
  outputs: [line('adosc', 'ADOSC')],
  pane: 'own',
  levels: [0],
  unstable: true,
  explanation:
    'The distance of a fast from a slow average of the accumulation/distribution line: above 0 money has lately flowed in faster than before, below 0 out. Turns against the price are watched most. The periods are not swapped when the first is the longer; the sign turns then.',
  formula:
    'ADOSC = EMA(AD, fast) − EMA(AD, slow); each average starts at the first value of AD: E = k × AD + (1 − k) × E[1], k = 2 / (n + 1)',
  source: 'Chaikin, Chaikin oscillator; TA-Lib ADOSC',
  lookback: (parameters) =>
    Math.max(numberOf(parameters, 'fastperiod'), numberOf(parameters, 'slowperiod')) - 1,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    parameters,
    [output = EMPTY],
  ) {
    const length = close.length;
    if (length === 0) return;
    const lead = ADOSC.lookback(parameters);
    const fastWeight = 2 / (numberOf(parameters, 'fastperiod') + 1);
    const slowWeight = 2 / (numberOf(parameters, 'slowperiod') + 1);
    const fastKept = 1 - fastWeight;
    const slowKept = 1 - slowWeight;
    let total = moneyFlow(
      high[0] as number,
      low[0] as number,
      close[0] as number,
      volume[0] as number,
    );
    let fast = total;
    let slow = total;
    for (let i = 1; i < length; i += 1) {
      total += moneyFlow(
        high[i] as number,
        low[i] as number,
        close[i] as number,
        volume[i] as number,
      );
      fast = fastWeight * total + fastKept * fast;
      slow = slowWeight * total + slowKept * slow;
      output[i] = fast - slow;
    }
    output.fill(Number.NaN, 0, Math.min(lead, length));
  },
  stream(parameters) {
    const lead = ADOSC.lookback(parameters);
    const fastWeight = 2 / (numberOf(parameters, 'fastperiod') + 1);
    const slowWeight = 2 / (numberOf(parameters, 'slowperiod') + 1);
    const fastKept = 1 - fastWeight;
    const slowKept = 1 - slowWeight;
    // state: [bars seen, total, fast average, slow average]
    const state = new Float64Array(4);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const seen = state[0] as number;
        const total = (state[1] as number) + moneyFlow(high, low, close, volume);
        const fast = seen === 0 ? total : fastWeight * total + fastKept * (state[2] as number);
        const slow = seen === 0 ? total : slowWeight * total + slowKept * (state[3] as number);
        state[0] = Math.min(seen + 1, lead);
        state[1] = total;
        state[2] = fast;
        state[3] = slow;
        outputs[0] = seen < lead ? Number.NaN : fast - slow;
      },
    };
  },
};
