import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';

export const LINE_BREAK: IndicatorDefinition = {
  id: 'line_break',
  aliases: ['three_line_break'],
  title: 'Line break',
  group: 'Chart Types',
  inputs: ['close'],
  parameters: [
    integer('lines', 'Lines', 3, 'Lines whose extreme has to be broken for a turn.', [1, 100]),
  ],
  outputs: [
    line('close', 'Line close'),
    { name: 'direction', label: 'Direction', kind: 'integer', style: 'marks' },
    { name: 'lines', label: 'Line made', kind: 'integer', style: 'histogram' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Draws a new line only when the close goes beyond the last line, and turns only when it goes beyond the extreme of the last three. close is the end of the last line, direction 1 or −1, lines 1 on a bar that draws one and 0 else. The first line runs from the first close to the first one that differs from it.',
  formula:
    'same direction: close beyond the end of the last line; turn: close beyond the lowest (highest) start and end of the last n lines; a turn starts where the last line started',
  source: 'Nison, Beyond Candlesticks (1994)',
  lookback: () => 0,
  ...bySteps(lineBreak),
};

function lineBreak(parameters: ParameterValues): StreamKernel {
  const lines = numberOf(parameters, 'lines');
  // state: [closes seen (0 or 1), direction, start of the last line, its end, lines held, place, ring of
  // the lines' highs and lows]
  const state = new Float64Array(6 + 2 * lines);
  return {
    state,
    step(inputs, outputs) {
      const close = inputs[0] as number;
      let made = 0;
      if (state[0] === 0) {
        state[0] = 1;
        state[3] = close;
      } else {
        const direction = state[1] as number;
        const end = state[3] as number;
        const away = close > end ? 1 : close < end ? -1 : 0;
        if (away !== 0 && (direction === 0 || away === direction)) {
          addLine(state, lines, away, end, close);
          made = 1;
        } else if (away !== 0 && breaks(state, away, close)) {
          addLine(state, lines, away, state[2] as number, close);
          made = 1;
        }
      }
      const known = state[1] !== 0;
      outputs[0] = known ? (state[3] as number) : Number.NaN;
      outputs[1] = known ? (state[1] as number) : Number.NaN;
      outputs[2] = made;
    },
  };
}

/** Whether the close is beyond all lines that are held. */
function breaks(state: Float64Array, away: number, close: number): boolean {
  const held = state[4] as number;
  for (let k = 0; k < held; k += 1) {
    const edge = state[6 + 2 * k + (away > 0 ? 0 : 1)] as number;
    if (away * (close - edge) <= 0) return false;
  }
  return true;
}

function addLine(
  state: Float64Array,
  lines: number,
  direction: number,
  start: number,
  end: number,
): void {
  const place = state[5] as number;
  state[6 + 2 * place] = Math.max(start, end);
  state[7 + 2 * place] = Math.min(start, end);
  state[1] = direction;
  state[2] = start;
  state[3] = end;
  state[4] = Math.min((state[4] as number) + 1, lines);
  state[5] = place + 1 === lines ? 0 : place + 1;
}

export const KAGI: IndicatorDefinition = {
  id: 'kagi',
  aliases: [],
  title: 'Kagi',
  group: 'Chart Types',
  inputs: ['close'],
  parameters: [
    real(
      'reversal',
      'Reversal %',
      4,
      'Move against the line, in percent, that turns it.',
      [0.001, 1_000],
    ),
  ],
  outputs: [
    line('line', 'Kagi line'),
    { name: 'direction', label: 'Direction', kind: 'integer', style: 'marks' },
    { name: 'thickness', label: 'Yang or yin', kind: 'integer', style: 'marks' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'One line that goes on with every new extreme of the close and turns when the close has gone back by the given percentage. thickness is 1 (yang, thick, demand) from the moment the line passes its last high, −1 (yin, thin, supply) from the moment it passes its last low, 0 before either. direction is 0 until the first move of that size.',
  formula:
    'rising: line = highest close; turns when close ≤ line − reversal % of it; falling likewise; yang: line above the last shoulder; yin: line below the last waist',
  source: 'Nison, Beyond Candlesticks (1994)',
  lookback: () => 0,
  ...bySteps((parameters) => {
    const share = numberOf(parameters, 'reversal') / 100;
    // state: [closes seen (0 or 1), direction, line, last high (shoulder), last low (waist), thickness,
    // turns upwards seen, turns downwards seen]
    const state = new Float64Array(8);
    return {
      state,
      step(inputs, outputs) {
        kagiStep(state, share, inputs[0] as number);
        outputs[0] = state[2] as number;
        outputs[1] = state[1] as number;
        outputs[2] = state[5] as number;
      },
    };
  }),
};

function kagiStep(state: Float64Array, share: number, close: number): void {
  if (state[0] === 0) {
    state[0] = 1;
    state[2] = close;
    return;
  }
  const direction = state[1] as number;
  const end = state[2] as number;
  const back = share * Math.abs(end);
  if (direction === 0) {
    // The first line starts at the first close.
    if (Math.abs(close - end) >= back && close !== end) {
      state[1] = close > end ? 1 : -1;
      state[2] = close;
    }
    return;
  }
  if (direction * (close - end) > 0) {
    state[2] = close;
  } else if (direction * (end - close) >= back && close !== end) {
    // The end of the leg becomes the shoulder or the waist.
    state[direction > 0 ? 3 : 4] = end;
    state[direction > 0 ? 6 : 7] = 1;
    state[1] = -direction;
    state[2] = close;
  } else {
    return;
  }
  if (state[6] === 1 && close > (state[3] as number)) state[5] = 1;
  if (state[7] === 1 && close < (state[4] as number)) state[5] = -1;
}
