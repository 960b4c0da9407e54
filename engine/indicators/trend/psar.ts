import { EMPTY, numberOf, real, type IndicatorDefinition } from '../definition.ts';

// state: [bars seen, rising, stop, extreme, factor, last high, last low, the stop of this bar, turned]
const SEEN = 0;
const RISING = 1;
const STOP = 2;
const EXTREME = 3;
const FACTOR = 4;
const HIGH = 5;
const LOW = 6;
const SHOWN = 7;
const TURNED = 8;
const STATE = 9;

/** Takes one bar and leaves its stop in SHOWN, its side in RISING and 1 or −1 in TURNED on a reversal. */
function psarStep(
  state: Float64Array,
  high: number,
  low: number,
  first: number,
  increment: number,
  maximum: number,
): boolean {
  const seen = state[SEEN] as number;
  const lastHigh = state[HIGH] as number;
  const lastLow = state[LOW] as number;
  state[HIGH] = high;
  state[LOW] = low;
  if (seen === 0) {
    state[SEEN] = 1;
    return false;
  }
  // The bars a new stop may not enter: this one and, from the second stop on, the one before.
  let olderHigh = lastHigh;
  let olderLow = lastLow;
  if (seen === 1) {
    const fall = lastLow - low;
    const falling = fall > 0 && high - lastHigh < fall;
    state[SEEN] = 2;
    state[RISING] = falling ? 0 : 1;
    state[STOP] = falling ? lastHigh : lastLow;
    state[EXTREME] = falling ? low : high;
    state[FACTOR] = first;
    olderHigh = high;
    olderLow = low;
  }
  let rising = state[RISING] === 1;
  let stop = state[STOP] as number;
  let extreme = state[EXTREME] as number;
  let factor = state[FACTOR] as number;
  const turned = rising ? low <= stop : high >= stop;
  if (turned) {
    stop = rising ? Math.max(extreme, olderHigh, high) : Math.min(extreme, olderLow, low);
    rising = !rising;
    extreme = rising ? high : low;
    factor = first;
  }
  state[SHOWN] = stop;
  state[TURNED] = turned ? (rising ? 1 : -1) : 0;
  if (rising ? high > extreme : low < extreme) {
    extreme = rising ? high : low;
    factor = Math.min(factor + increment, maximum);
  }
  stop += factor * (extreme - stop);
  stop = rising ? Math.min(stop, olderLow, low) : Math.max(stop, olderHigh, high);
  state[RISING] = rising ? 1 : 0;
  state[STOP] = stop;
  state[EXTREME] = extreme;
  state[FACTOR] = factor;
  return true;
}

export const PSAR: IndicatorDefinition = {
  id: 'psar',
  aliases: ['parabolic_stops'],
  title: 'Parabolic SAR, long and short',
  group: 'Trend',
  inputs: ['high', 'low'],
  parameters: [
    real('start', 'Start', 0.02, 'Acceleration after a reversal.', [0, 1], 0.01),
    real('increment', 'Increment', 0.02, 'Added at each new extreme.', [0, 1], 0.01),
    real('maximum', 'Maximum', 0.2, 'Highest acceleration.', [0, 1], 0.01),
  ],
  outputs: [
    { name: 'long', label: 'Long stop', kind: 'real', style: 'dots' },
    { name: 'short', label: 'Short stop', kind: 'real', style: 'dots' },
    { name: 'reversal', label: 'Reversal', kind: 'integer', style: 'marks' },
  ],
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Wilder’s stop and reverse, with the stop of a long position (below the price), that of a short one (above it) and the reversals apart. Only one of the stops has a value at a bar. The reversal is 1 where the system turns long, −1 where it turns short, else 0. It begins short when the second bar falls farther than it rises.',
  formula:
    'SAR = SAR[1] + AF × (extreme − SAR[1]), never inside this bar or the one before; AF grows by the increment at each new extreme, up to the maximum; a bar that touches the SAR reverses it to the extreme',
  source:
    'Wilder, New Concepts in Technical Trading Systems (1978), section II; start as TA-Lib SAR',
  lookback: () => 1,
  compute(
    [high = EMPTY, low = EMPTY],
    parameters,
    [long = EMPTY, short = EMPTY, reversal = EMPTY],
  ) {
    const maximum = numberOf(parameters, 'maximum');
    const first = Math.min(numberOf(parameters, 'start'), maximum);
    const increment = numberOf(parameters, 'increment');
    const state = new Float64Array(STATE);
    for (let i = 0; i < high.length; i += 1) {
      const known = psarStep(state, high[i] as number, low[i] as number, first, increment, maximum);
      const rising = state[RISING] === 1;
      long[i] = known && rising ? (state[SHOWN] as number) : Number.NaN;
      short[i] = known && !rising ? (state[SHOWN] as number) : Number.NaN;
      reversal[i] = known ? (state[TURNED] as number) : Number.NaN;
    }
  },
  stream(parameters) {
    const maximum = numberOf(parameters, 'maximum');
    const first = Math.min(numberOf(parameters, 'start'), maximum);
    const increment = numberOf(parameters, 'increment');
    const state = new Float64Array(STATE);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const known = psarStep(state, high, low, first, increment, maximum);
        const rising = state[RISING] === 1;
        outputs[0] = known && rising ? (state[SHOWN] as number) : Number.NaN;
        outputs[1] = known && !rising ? (state[SHOWN] as number) : Number.NaN;
        outputs[2] = known ? (state[TURNED] as number) : Number.NaN;
      },
    };
  },
};
