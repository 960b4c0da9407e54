import { line, type IndicatorDefinition } from '../definition.ts';

const EMPTY = new Float64Array(0);

export const HEIKIN_ASHI: IndicatorDefinition = {
  id: 'heikin_ashi',
  aliases: ['heikinashi', 'heiken_ashi'],
  title: 'Heikin-Ashi',
  group: 'Chart Types',
  inputs: ['open', 'high', 'low', 'close'],
  parameters: [],
  outputs: [
    line('open', 'HA open'),
    line('high', 'HA high'),
    line('low', 'HA low'),
    line('close', 'HA close'),
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Averaged candles that show the trend with less noise: in a clean rise they have no lower shadow, in a fall no upper one. Their prices are averages and not prices at which anything was traded, so orders must not be tested against them. The first bar opens in the middle of its body.',
  formula:
    'close = (O + H + L + C) / 4; open = (open[1] + close[1]) / 2; high = max(H, open, close); low = min(L, open, close)',
  source:
    'Valcu, Using the Heikin-Ashi Technique, Technical Analysis of Stocks & Commodities (2004)',
  lookback: () => 0,
  compute([open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY], _parameters, outputs) {
    const [haOpen = EMPTY, haHigh = EMPTY, haLow = EMPTY, haClose = EMPTY] = outputs;
    let next = 0;
    for (let i = 0; i < close.length; i += 1) {
      const o = open[i] as number;
      const h = high[i] as number;
      const l = low[i] as number;
      const c = close[i] as number;
      const start = i === 0 ? (o + c) / 2 : next;
      const end = (o + h + l + c) / 4;
      next = (start + end) / 2;
      haOpen[i] = start;
      haHigh[i] = larger(h, start, end);
      haLow[i] = smaller(l, start, end);
      haClose[i] = end;
    }
  },
  stream() {
    // state: [bars seen (0 or 1), open of the next bar]
    const state = new Float64Array(2);
    return {
      state,
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const high = inputs[1] as number;
        const low = inputs[2] as number;
        const close = inputs[3] as number;
        const start = state[0] === 0 ? (open + close) / 2 : (state[1] as number);
        const end = (open + high + low + close) / 4;
        state[0] = 1;
        state[1] = (start + end) / 2;
        outputs[0] = start;
        outputs[1] = larger(high, start, end);
        outputs[2] = smaller(low, start, end);
        outputs[3] = end;
      },
    };
  },
};

// Math.max and Math.min of three cost several times as much.
function larger(price: number, start: number, end: number): number {
  const body = start > end ? start : end;
  return price > body ? price : body;
}

function smaller(price: number, start: number, end: number): number {
  const body = start < end ? start : end;
  return price < body ? price : body;
}
