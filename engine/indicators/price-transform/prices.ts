import { EMPTY, line, type IndicatorDefinition } from '../definition.ts';

/** What the four averages of one bar share. */
const PRICE = {
  group: 'Price Transform',
  parameters: [],
  pane: 'overlay',
  levels: [],
  unstable: false,
  lookback: () => 0,
} as const;

export const AVGPRICE: IndicatorDefinition = {
  ...PRICE,
  id: 'avgprice',
  aliases: ['average_price'],
  title: 'Average price',
  inputs: ['open', 'high', 'low', 'close'],
  outputs: [line('avgprice', 'Average price')],
  explanation:
    'The mean of the four prices of a bar. It serves other indicators as an input that no single print decides.',
  formula: 'AVGPRICE = (open + high + low + close) / 4',
  source: 'TA-Lib AVGPRICE',
  compute([open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < close.length; i += 1) {
      output[i] =
        ((high[i] as number) + (low[i] as number) + (close[i] as number) + (open[i] as number)) / 4;
    }
  },
  stream: () => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      const open = inputs[0] as number;
      const high = inputs[1] as number;
      const low = inputs[2] as number;
      const close = inputs[3] as number;
      outputs[0] = (high + low + close + open) / 4;
    },
  }),
};

export const MEDPRICE: IndicatorDefinition = {
  ...PRICE,
  id: 'medprice',
  aliases: ['median_price'],
  title: 'Median price',
  inputs: ['high', 'low'],
  outputs: [line('medprice', 'Median price')],
  explanation:
    'The middle of a bar’s range. It is used as an input where the close is thought too accidental.',
  formula: 'MEDPRICE = (high + low) / 2',
  source: 'TA-Lib MEDPRICE',
  compute([high = EMPTY, low = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < low.length; i += 1) {
      output[i] = ((high[i] as number) + (low[i] as number)) / 2;
    }
  },
  stream: () => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      outputs[0] = (high + low) / 2;
    },
  }),
};

export const TYPPRICE: IndicatorDefinition = {
  ...PRICE,
  id: 'typprice',
  aliases: ['typical_price'],
  title: 'Typical price',
  inputs: ['high', 'low', 'close'],
  outputs: [line('typprice', 'Typical price')],
  explanation:
    'The mean of high, low and close: one price for the whole bar. The commodity channel index and the money flow index are built on it.',
  formula: 'TYPPRICE = (high + low + close) / 3',
  source: 'TA-Lib TYPPRICE',
  compute([high = EMPTY, low = EMPTY, close = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < close.length; i += 1) {
      output[i] = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
    }
  },
  stream: () => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      const close = inputs[2] as number;
      outputs[0] = (high + low + close) / 3;
    },
  }),
};

export const WCLPRICE: IndicatorDefinition = {
  ...PRICE,
  id: 'wclprice',
  aliases: ['weighted_close', 'weighted_close_price', 'hlcc4'],
  title: 'Weighted close price',
  inputs: ['high', 'low', 'close'],
  outputs: [line('wclprice', 'Weighted close')],
  explanation:
    'The mean of high, low and close with the close counted twice, because the price at which a bar ends says most.',
  formula: 'WCLPRICE = (high + low + 2 × close) / 4',
  source: 'TA-Lib WCLPRICE',
  compute([high = EMPTY, low = EMPTY, close = EMPTY], _, [output = EMPTY]) {
    for (let i = 0; i < close.length; i += 1) {
      output[i] = ((high[i] as number) + (low[i] as number) + (close[i] as number) * 2) / 4;
    }
  },
  stream: () => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      const close = inputs[2] as number;
      outputs[0] = (high + low + close * 2) / 4;
    },
  }),
};
