import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { STRENGTH_STATE, strengthStep } from '../kernels/gains-losses.ts';

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
  // state[SEEN] bars have been seen before this one, and so one change fewer.
  const full = (state[SEEN] as number) > period;
  let below = 0;
  if (full) {
    // Counted without a branch, which would be guessed wrongly half the time.
    for (let k = RING; k < RING + period; k += 1) below += Number((state[k] as number) < change);
  }
  const place = state[PLACE] as number;
  state[RING + place] = change;
  state[PLACE] = place + 1 === period ? 0 : place + 1;
  return full ? (100 * below) / period : Number.NaN;
}

function connorsStep(
  state: Float64Array,
  period: number,
  streakPeriod: number,
  rankPeriod: number,
  x: number,
): number {
  const seen = state[SEEN] as number;
  const before = state[LAST] as number;
  let streak = state[STREAK] as number;
  let rank = Number.NaN;
  if (seen > 0) {
    if (x > before) streak = streak > 0 ? streak + 1 : 1;
    else if (x < before) streak = streak < 0 ? streak - 1 : -1;
    else streak = 0;
    rank = rankStep(state, rankPeriod, before === 0 ? 0 : (x - before) / before);
  }
  state[SEEN] = seen > rankPeriod ? seen : seen + 1;
  state[LAST] = x;
  state[STREAK] = streak;
  const price = strengthStep(state, PRICE_RSI, period, 0, x);
  return (price + strengthStep(state, STREAK_RSI, streakPeriod, 0, streak) + rank) / 3;
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
    const state = new Float64Array(RING + rank);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = connorsStep(state, period, streak, rank, input[i] as number);
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
        outputs[0] = connorsStep(state, period, streak, rank, inputs[0] as number);
      },
    };
  },
};
