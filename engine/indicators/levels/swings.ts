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

export const ZIGZAG: IndicatorDefinition = {
  id: 'zigzag',
  aliases: ['zig_zag'],
  title: 'ZigZag, confirmed',
  group: 'Support and Resistance',
  inputs: ['high', 'low'],
  parameters: [
    real(
      'deviation',
      'Deviation %',
      5,
      'Move against the leg, in percent, that ends it.',
      [0.001, 1_000],
    ),
  ],
  outputs: [
    { name: 'pivot', label: 'Last pivot', kind: 'real', style: 'dots' },
    { name: 'direction', label: 'Direction', kind: 'integer', style: 'marks' },
    { name: 'bars', label: 'Bars since the pivot', kind: 'integer', style: 'line' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'The last confirmed turn of the price: a high from which the price has fallen, or a low from which it has risen, by the given percentage. Values change only on the bar that confirms the turn, which comes some bars after it, and are never taken back; the usual drawing of a ZigZag moves its last leg and knows turns before they are known. direction is 1 when the last turn was a low (the leg rises) and −1 when it was a high; bars counts from the bar of the turn. A bar that sets a new extreme cannot end the leg itself, as the order of prices inside it is unknown; where the first bars move both ways enough, the rise counts.',
  formula:
    'in a rising leg: extreme = highest high since the turn; confirmed when low ≤ extreme − deviation % of it; in a falling leg likewise',
  source: 'Merrill, Filtered Waves (1977); percentage filter as at StockCharts',
  lookback: () => 1,
  ...bySteps(zigzag),
};

function zigzag(parameters: ParameterValues): StreamKernel {
  const share = numberOf(parameters, 'deviation') / 100;
  // state: [bars seen (0 or 1), direction of the leg (0: none yet), highest, bars since it, lowest,
  // bars since it, last pivot, bars since it]. In a leg only the extreme ahead is used.
  const state = new Float64Array(8);
  return {
    state,
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      if (state[0] === 0) {
        state[0] = 1;
        state[2] = high;
        state[4] = low;
        outputs.fill(Number.NaN);
        return;
      }
      for (let k = 3; k < 8; k += 2) state[k] = (state[k] as number) + 1;
      turn(state, share, high, low);
      const direction = state[1];
      outputs[0] = direction === 0 ? Number.NaN : (state[6] as number);
      outputs[1] = direction === 0 ? Number.NaN : (direction as number);
      outputs[2] = direction === 0 ? Number.NaN : (state[7] as number);
    },
  };
}

/** Moves the extremes and ends the leg where the bar does so. */
function turn(state: Float64Array, share: number, high: number, low: number): void {
  const highest = state[2] as number;
  const lowest = state[4] as number;
  const direction = state[1] as number;
  const rises = high > highest;
  const falls = low < lowest;
  const up = direction <= 0 && high >= lowest + share * Math.abs(lowest);
  const down = direction >= 0 && low <= highest - share * Math.abs(highest);
  if (up && !falls) {
    startLeg(state, 1, lowest, state[5] as number, high, low);
  } else if (down && !rises) {
    startLeg(state, -1, highest, state[3] as number, high, low);
  } else {
    if (rises && direction >= 0) {
      state[2] = high;
      state[3] = 0;
    }
    if (falls && direction <= 0) {
      state[4] = low;
      state[5] = 0;
    }
  }
}

function startLeg(
  state: Float64Array,
  direction: 1 | -1,
  pivot: number,
  age: number,
  high: number,
  low: number,
): void {
  state[1] = direction;
  state[2] = high;
  state[3] = 0;
  state[4] = low;
  state[5] = 0;
  state[6] = pivot;
  state[7] = age;
}

export const SWING_HIGH_LOW: IndicatorDefinition = {
  id: 'swing_high_low',
  aliases: ['pivot_high_low', 'swing_points'],
  title: 'Swing highs and lows',
  group: 'Support and Resistance',
  inputs: ['high', 'low'],
  parameters: [
    integer('left', 'Left', 10, 'Bars before the swing that must not reach it.', [1, 1_000]),
    integer('right', 'Right', 10, 'Bars after the swing that must not pass it.', [1, 1_000]),
  ],
  outputs: [
    { name: 'high', label: 'Swing high', kind: 'real', style: 'dots' },
    { name: 'low', label: 'Swing low', kind: 'real', style: 'dots' },
    { name: 'high_bars', label: 'Bars since the swing high', kind: 'integer', style: 'line' },
    { name: 'low_bars', label: 'Bars since the swing low', kind: 'integer', style: 'line' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'The last swing high and swing low: bars above (below) the bars on both sides of them. A swing is known only when the bars to its right have closed, so the value changes on that bar and is held until the next swing; the bars since the swing are given beside it. Of equal highs the first counts.',
  formula:
    'swing high: high[right] above the `left` highs before it and not below the `right` highs after it; swing low likewise',
  source: 'Williams, Trading Chaos (1995), generalised; as Pivot Points High Low of TradingView',
  lookback: (parameters) => numberOf(parameters, 'left') + numberOf(parameters, 'right'),
  ...bySteps(swings),
};

function swings(parameters: ParameterValues): StreamKernel {
  const left = numberOf(parameters, 'left');
  const right = numberOf(parameters, 'right');
  const size = left + right + 1;
  const highs = 6;
  const lows = highs + size;
  // state: [bars seen, place, swing high, bars since it (−1: none), swing low, bars since it, rings]
  const state = new Float64Array(6 + 2 * size);
  state[3] = -1;
  state[5] = -1;
  return {
    state,
    step(inputs, outputs) {
      const place = state[1] as number;
      const seen = Math.min((state[0] as number) + 1, size);
      state[highs + place] = inputs[0] as number;
      state[lows + place] = inputs[1] as number;
      state[0] = seen;
      state[1] = place + 1 === size ? 0 : place + 1;
      if ((state[3] as number) >= 0) state[3] = (state[3] as number) + 1;
      if ((state[5] as number) >= 0) state[5] = (state[5] as number) + 1;
      if (seen === size) {
        const centre = place - right < 0 ? place - right + size : place - right;
        if (isSwing(state, highs, size, centre, left, right, 1)) {
          state[2] = state[highs + centre] as number;
          state[3] = right;
        }
        if (isSwing(state, lows, size, centre, left, right, -1)) {
          state[4] = state[lows + centre] as number;
          state[5] = right;
        }
      }
      const noHigh = (state[3] as number) < 0;
      const noLow = (state[5] as number) < 0;
      outputs[0] = noHigh ? Number.NaN : (state[2] as number);
      outputs[1] = noLow ? Number.NaN : (state[4] as number);
      outputs[2] = noHigh ? Number.NaN : (state[3] as number);
      outputs[3] = noLow ? Number.NaN : (state[5] as number);
    },
  };
}

/** Whether the ring's value at `centre` stands out; `sign` 1 upwards, −1 downwards. */
function isSwing(
  state: Float64Array,
  ring: number,
  size: number,
  centre: number,
  left: number,
  right: number,
  sign: 1 | -1,
): boolean {
  const x = sign * (state[ring + centre] as number);
  for (let k = 1, at = centre; k <= right; k += 1) {
    at = at + 1 === size ? 0 : at + 1;
    if (sign * (state[ring + at] as number) > x) return false;
  }
  for (let k = 1, at = centre; k <= left; k += 1) {
    at = at === 0 ? size - 1 : at - 1;
    if (sign * (state[ring + at] as number) >= x) return false;
  }
  return true;
}

export const FAIR_VALUE_GAP: IndicatorDefinition = {
  id: 'fair_value_gap',
  aliases: ['fvg', 'imbalance'],
  title: 'Fair value gap',
  group: 'Support and Resistance',
  inputs: ['high', 'low'],
  parameters: [],
  outputs: [
    line('top', 'Top of the last gap'),
    line('bottom', 'Bottom of the last gap'),
    { name: 'direction', label: 'Gap on this bar', kind: 'integer', style: 'marks' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Three bars of which the first and the last do not overlap: between them the price passed without trade from both sides. direction is 1 on the third bar of such a gap upwards, −1 downwards, 0 else; top and bottom hold the last gap until the next one, whether it has been filled since or not.',
  formula: 'up: low > high[2], from high[2] to low; down: high < low[2], from high to low[2]',
  source: 'Huddleston’s “ICT” teaching, in common use',
  lookback: () => 2,
  ...bySteps(() => {
    // state: [bars seen, highs and lows of the last two bars, whether a gap is known, top, bottom]
    const state = new Float64Array(8);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const seen = state[0] as number;
        const highBefore = state[1] as number;
        const lowBefore = state[2] as number;
        const up = seen === 2 && low > highBefore;
        const down = seen === 2 && high < lowBefore;
        if (up || down) {
          state[5] = 1;
          state[6] = up ? low : lowBefore;
          state[7] = up ? highBefore : high;
        }
        state[0] = Math.min(seen + 1, 2);
        state[1] = state[3] as number;
        state[2] = state[4] as number;
        state[3] = high;
        state[4] = low;
        const known = state[5] === 1;
        outputs[0] = known ? (state[6] as number) : Number.NaN;
        outputs[1] = known ? (state[7] as number) : Number.NaN;
        outputs[2] = seen < 2 ? Number.NaN : up ? 1 : down ? -1 : 0;
      },
    };
  }),
};
