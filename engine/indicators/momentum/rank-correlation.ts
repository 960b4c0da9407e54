import { EMPTY, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';

/**
 * state: [values seen, place of the next value, ring of values, ring of doubled ranks]. A doubled rank is
 * twice the number of values in the window below, and the number of others that are equal; a new value
 * moves the others by two at most, so that a bar costs one pass instead of a sort. All sums of ranks are
 * exact.
 */
function rciState(period: number): Float64Array {
  return new Float64Array(2 + 2 * period);
}

function rciStep(state: Float64Array, period: number, x: number): number {
  // Whole numbers by | 0, so that the loop counts in integers.
  const seen = (state[0] as number) | 0;
  const place = (state[1] as number) | 0;
  const values = 2;
  const ranks = 2 + period;
  const full = seen === period;
  const old = state[values + place] as number;
  const next = place + 1 === period ? 0 : place + 1;
  const staying = full ? period - 1 : seen;
  const leaving = full ? 1 : 0;
  const middle = (period - 1) / 2;
  let own = 0;
  let together = 0;
  let squares = 0;
  // From the oldest that stays to the newest.
  let k = full ? next : 0;
  for (let time = 0; time < staying; time += 1) {
    const value = state[values + k] as number;
    let rank = state[ranks + k] as number;
    // Comparisons as numbers: branches would often be guessed wrongly.
    rank += Number(x < value) + Number(x <= value);
    rank -= leaving * (Number(old < value) + Number(old <= value));
    own += Number(value < x) + Number(value <= x);
    state[ranks + k] = rank;
    together += (time - middle) * (rank - 2 * middle);
    squares += (rank - 2 * middle) * (rank - 2 * middle);
    k = k + 1 === period ? 0 : k + 1;
  }
  state[values + place] = x;
  state[ranks + place] = own;
  state[0] = full ? seen : seen + 1;
  state[1] = next;
  if (!full && seen + 1 < period) return Number.NaN;
  together += middle * (own - 2 * middle);
  squares += (own - 2 * middle) * (own - 2 * middle);
  if (squares === 0) return 0;
  const times = (period * (period * period - 1)) / 12;
  return (100 * together) / Math.sqrt(squares * times);
}

export const RCI: IndicatorDefinition = {
  id: 'rci',
  aliases: ['rank_correlation_index'],
  title: 'Rank correlation index',
  group: 'Momentum Indicators',
  inputs: ['real'],
  parameters: [integer('timeperiod', 'Period', 9, 'Bars that are ranked.', [2, 1_000])],
  outputs: [line('rci', 'RCI')],
  pane: 'own',
  levels: [-80, 0, 80],
  unstable: false,
  explanation:
    'How nearly the closes of the last bars are in order of time: 100 where each is above the one before, −100 where each is below. Beyond ±80 a trend is ripe; the turn from there is the sign. Equal closes share their rank; it is 0 where all are equal.',
  formula:
    '100 × Spearman’s correlation of time and close over n bars, which is 100 × (1 − 6 × Σ d² / (n × (n² − 1))) where no closes are equal; d = rank by time − rank by close',
  source:
    'Spearman, The Proof and Measurement of Association between Two Things (1904); Japanese practice',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  work: (parameters) => numberOf(parameters, 'timeperiod'),
  compute([input = EMPTY], parameters, [output = EMPTY]) {
    const period = numberOf(parameters, 'timeperiod');
    const state = rciState(period);
    for (let i = 0; i < input.length; i += 1) {
      output[i] = rciStep(state, period, input[i] as number);
    }
  },
  stream(parameters) {
    const period = numberOf(parameters, 'timeperiod');
    const state = rciState(period);
    return {
      state,
      step(inputs, outputs) {
        outputs[0] = rciStep(state, period, inputs[0] as number);
      },
    };
  },
};
