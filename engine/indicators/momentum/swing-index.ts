import { EMPTY, line, numberOf, real, type IndicatorDefinition } from '../definition.ts';

const LIMIT = real(
  'limit',
  'Limit move',
  10,
  'The largest move that the exchange allows in a day, in units of the price; it only scales the values. Where there is none, take a value above any move.',
  [1e-9, 1e12],
);
const SWING_FORMULA =
  'SI = 50 × ((close − close[1]) + (close − open) / 2 + (close[1] − open[1]) / 4) / R × K / limit; A = |high − close[1]|, B = |low − close[1]|, C = high − low, D = |close[1] − open[1]|; K = max(A, B); R = A − B / 2 + D / 4 where A is the largest of A, B and C, B − A / 2 + D / 4 where B is, C + D / 4 else';
const SOURCE = 'Wilder, New Concepts in Technical Trading Systems (1978), section VIII';

/** Wilder's swing index of a bar and the one before; 0 where neither moved. */
function swing(
  open: number,
  high: number,
  low: number,
  close: number,
  openBefore: number,
  closeBefore: number,
  limit: number,
): number {
  const a = Math.abs(high - closeBefore);
  const b = Math.abs(low - closeBefore);
  const c = high - low;
  const quarter = Math.abs(closeBefore - openBefore) / 4;
  let r = c + quarter;
  if (a >= b && a >= c) r = a - b / 2 + quarter;
  else if (b >= a && b >= c) r = b - a / 2 + quarter;
  if (r === 0) return 0;
  const move = close - closeBefore + (close - open) / 2 + (closeBefore - openBefore) / 4;
  return ((50 * move) / r) * ((a > b ? a : b) / limit);
}

function swingDefinition(
  accumulated: boolean,
  words: Pick<IndicatorDefinition, 'id' | 'aliases' | 'title' | 'explanation' | 'formula'>,
): IndicatorDefinition {
  return {
    ...words,
    group: 'Momentum Indicators',
    inputs: ['open', 'high', 'low', 'close'],
    parameters: [LIMIT],
    outputs: [accumulated ? line('asi', 'ASI') : line('si', 'SI')],
    pane: 'own',
    levels: [0],
    unstable: accumulated,
    source: SOURCE,
    lookback: () => 1,
    compute(
      [open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY],
      parameters,
      [output = EMPTY],
    ) {
      const limit = numberOf(parameters, 'limit');
      if (close.length > 0) output[0] = Number.NaN;
      let sum = 0;
      for (let i = 1; i < close.length; i += 1) {
        const value = swing(
          open[i] as number,
          high[i] as number,
          low[i] as number,
          close[i] as number,
          open[i - 1] as number,
          close[i - 1] as number,
          limit,
        );
        sum += value;
        output[i] = accumulated ? sum : value;
      }
    },
    stream(parameters) {
      const limit = numberOf(parameters, 'limit');
      // state: [whether there was a bar, last open, last close, sum]
      const state = new Float64Array(4);
      return {
        state,
        step(inputs, outputs) {
          const open = inputs[0] as number;
          const high = inputs[1] as number;
          const low = inputs[2] as number;
          const close = inputs[3] as number;
          if (state[0] === 0) {
            outputs[0] = Number.NaN;
          } else {
            const before = state[1] as number;
            const value = swing(open, high, low, close, before, state[2] as number, limit);
            const sum = (state[3] as number) + value;
            state[3] = sum;
            outputs[0] = accumulated ? sum : value;
          }
          state[0] = 1;
          state[1] = open;
          state[2] = close;
        },
      };
    },
  };
}

export const SWING_INDEX = swingDefinition(false, {
  id: 'swing_index',
  aliases: ['si'],
  title: 'Swing index',
  explanation:
    'The swing of one bar from the bar before, from its open, high, low and close together, against the largest move that is allowed; within ±100 where that limit holds. It is the step of the accumulative swing index. It is 0 where neither bar moved.',
  formula: SWING_FORMULA,
});

export const ACCUMULATIVE_SWING_INDEX = swingDefinition(true, {
  id: 'accumulative_swing_index',
  aliases: ['asi'],
  title: 'Accumulative swing index',
  explanation:
    'The running sum of the swing index: a line without the noise of highs and lows, on which Wilder reads swing points and trend lines. When it breaks a trend line before the price does, the break is likely to be real.',
  formula: `ASI = ASI[1] + SI, from 0; ${SWING_FORMULA}`,
});
