import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { BARS_A_CALL } from '../kernels/blocks.ts';
import { STRENGTH_STATE, strengthStep } from '../kernels/gains-losses.ts';
import { countNotAbove, rankColumn } from '../kernels/window-rank.ts';

// Where things are in the state; the ring of changes is at its end.
const SEEN = 0;
const LAST = 1;
const STREAK = 2;
const PLACE = 3;
const PRICE_RSI = 4;
const STREAK_RSI = PRICE_RSI + STRENGTH_STATE;
const RING = STREAK_RSI + STRENGTH_STATE;

/** Percent of the last `period` changes that were below this one; NaN before there are so many. */
function rankStep(state: Float64Array, period: number, change: number): number {
  // state[SEEN] bars have been seen, this one included, and so one change fewer.
  const full = (state[SEEN] as number) > period + 1;
  // Of negated changes those not above this one are those that it is not above itself.
  const notBelow = full ? countNotAbove(state, RING, RING + period, -change) : 0;
  const place = (state[PLACE] as number) | 0;
  state[RING + place] = -change;
  state[PLACE] = place + 1 === period ? 0 : place + 1;
  return full ? (100 * (period - notBelow)) / period : Number.NaN;
}

/** Change as a share of the value before; none from zero. */
function shareOf(x: number, before: number): number {
  return before === 0 ? 0 : (x - before) / before;
}

/** Takes a value. @returns the sum of the strengths of price and streak; NaN in their lead-in */
function strengthsStep(
  state: Float64Array,
  period: number,
  streakPeriod: number,
  rankPeriod: number,
  x: number,
): number {
  const seen = state[SEEN] as number;
  const before = state[LAST] as number;
  let streak = state[STREAK] as number;
  if (seen > 0) {
    if (x > before) streak = streak > 0 ? streak + 1 : 1;
    else if (x < before) streak = streak < 0 ? streak - 1 : -1;
    else streak = 0;
  }
  state[SEEN] = seen > rankPeriod + 1 ? seen : seen + 1;
  state[LAST] = x;
  state[STREAK] = streak;
  const price = strengthStep(state, PRICE_RSI, period, 0, x);
  return price + strengthStep(state, STREAK_RSI, streakPeriod, 0, streak);
}

export const CONNORS_RSI: IndicatorDefinition = {
  id: 'connors_rsi',
  aliases: ['crsi'],
  title: 'Connors RSI',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [
    integer('timeperiod', 'RSI', 3, 'Bars of the RSI of the price.', [2, 100_000]),
    integer('streakperiod', 'Streak RSI', 2, 'Bars of the RSI of the streak.', [2, 100_000]),
    integer('rankperiod', 'Rank', 100, 'Changes that the last one is ranked against.', [2, 10_000]),
  ],
  outputs: [line('crsi', 'CRSI')],
  pane: 'own',
  levels: [10, 90],
  unstable: true,
  explanation:
    'A short-term measure of excess, from 0 to 100: the mean of a quick RSI, of an RSI of the number of closes in a row in one direction, and of the rank of the last change among those before. Below 10 a pullback is deep, above 90 a rise is stretched. Where nothing moves it is 0; a change from a price of 0 counts as none.',
  formula:
    'streak = closes in a row up (+) or down (−), 0 when unchanged; CRSI = (RSI(close, n) + RSI(streak, m) + percent of the last r changes in percent that are below this one) / 3',
  source: 'Connors and Alvarez, An Introduction to ConnorsRSI (2012)',
  lookback: (parameters) =>
    Math.max(
      numberOf(parameters, 'timeperiod'),
      numberOf(parameters, 'streakperiod'),
      numberOf(parameters, 'rankperiod') + 1,
    ),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const streak = numberOf(parameters, 'streakperiod');
    const rank = numberOf(parameters, 'rankperiod');
    const length = input.length;
    if (length === 0) return;
    const changes = new Float64Array(length - 1);
    for (let i = 1; i < length; i += 1) {
      changes[i - 1] = -shareOf(input[i] as number, input[i - 1] as number);
    }
    rankColumn(changes, rank, output.subarray(1));
    output[0] = Number.NaN;
    const state = new Float64Array(RING);
    for (let from = 0; from < length; from += BARS_A_CALL) {
      const to = Math.min(from + BARS_A_CALL, length);
      addStrengths(state, input, period, streak, rank, from, to, output);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const streak = numberOf(parameters, 'streakperiod');
    const rank = numberOf(parameters, 'rankperiod');
    const state = new Float64Array(RING + rank);
    return {
      state,
      step(inputs, outputs) {
        const x = inputs[0] as number;
        const before = state[LAST] as number;
        const strengths = strengthsStep(state, period, streak, rank, x);
        outputs[0] = Number.NaN;
        if (state[SEEN] === 1) return;
        outputs[0] = (strengths + rankStep(state, rank, shareOf(x, before))) / 3;
      },
    };
  },
};

/** Turns counts of changes that are not below this one into the value. */
function addStrengths(
  state: Float64Array,
  input: Float64Array,
  period: number,
  streak: number,
  rank: number,
  from: number,
  to: number,
  output: Float64Array,
): void {
  for (let i = from; i < to; i += 1) {
    const strengths = strengthsStep(state, period, streak, rank, input[i] as number);
    output[i] = (strengths + (100 * (rank - (output[i] as number))) / rank) / 3;
  }
}
