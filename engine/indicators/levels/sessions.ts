import type { ParameterValues } from '../../domain/parameters.ts';
import {
  integer,
  line,
  numberOf,
  type IndicatorDefinition,
  type StreamKernel,
} from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';

// Places of the state below: the running session, then the one before it.
const BEGUN = 0; // 0 before the first bar, 1 in the first session, 2 later
const SESSION = 1;
/** Open, high, low and close of the session that runs. */
export const RUNNING = 2;
/** Open, high, low and close of the session before. */
export const BEFORE = 6;
/** Numbers that `sessionStep` needs, zeros at the start. */
export const SESSION_STATE = 10;

/**
 * Takes a bar and keeps the four prices of its session and of the one before.
 * @returns whether there is a session before
 */
export function sessionStep(
  state: Float64Array,
  open: number,
  high: number,
  low: number,
  close: number,
  session: number,
): boolean {
  const begun = state[BEGUN] as number;
  if (begun === 0 || session !== state[SESSION]) {
    for (let k = 0; k < 4; k += 1) state[BEFORE + k] = state[RUNNING + k] as number;
    state[BEGUN] = begun === 0 ? 1 : 2;
    state[SESSION] = session;
    state[RUNNING] = open;
    state[RUNNING + 1] = high;
    state[RUNNING + 2] = low;
  } else {
    if (high > (state[RUNNING + 1] as number)) state[RUNNING + 1] = high;
    if (low < (state[RUNNING + 2] as number)) state[RUNNING + 2] = low;
  }
  state[RUNNING + 3] = close;
  return state[BEGUN] === 2;
}

/** What explanations of session levels say of their beginning. */
export const FIRST_SESSION =
  ' Nothing is known before the second session of the data; the first one counts as far as the data have it.';

export const PREVIOUS_SESSION: IndicatorDefinition = {
  id: 'previous_session',
  aliases: ['previous_day', 'prior_day'],
  title: 'Previous session levels',
  group: 'Support and Resistance',
  inputs: ['open', 'high', 'low', 'close', 'session'],
  parameters: [],
  outputs: [
    line('high', 'Previous high'),
    line('low', 'Previous low'),
    line('close', 'Previous close'),
    line('open', 'Previous open'),
  ],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'High, low, close and open of the trading day before, held through the day. On daily bars they are those of the bar before. Day traders watch them as support and resistance.' +
    FIRST_SESSION,
  formula: 'highest high, lowest low, last close and first open of the bars of the session before',
  source: 'Common practice of floor traders',
  lookback: () => 1,
  ...bySteps(() => {
    const state = new Float64Array(SESSION_STATE);
    return {
      state,
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const high = inputs[1] as number;
        const low = inputs[2] as number;
        const close = inputs[3] as number;
        const session = inputs[4] as number;
        if (!sessionStep(state, open, high, low, close, session)) {
          outputs.fill(Number.NaN);
          return;
        }
        outputs[0] = state[BEFORE + 1] as number;
        outputs[1] = state[BEFORE + 2] as number;
        outputs[2] = state[BEFORE + 3] as number;
        outputs[3] = state[BEFORE] as number;
      },
    };
  }),
};

export const OPENING_RANGE: IndicatorDefinition = {
  id: 'opening_range',
  aliases: ['orb', 'initial_balance'],
  title: 'Opening range',
  group: 'Support and Resistance',
  inputs: ['high', 'low', 'session'],
  parameters: [
    integer(
      'bars',
      'Bars',
      6,
      'Bars from the start of the session: 6 bars of 5 minutes are half an hour.',
      [1, 100_000],
    ),
  ],
  outputs: [line('high', 'Opening high'), line('low', 'Opening low'), line('mid', 'Middle')],
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'Highest and lowest price of the first bars of the trading day, known from the last of them on and held to the day’s end. A break of the range is a classic signal of day trading. Sessions with fewer bars have none. Where the data begin inside a session, its range is that of the first bars there are.',
  formula: 'highest high and lowest low of the first n bars of the session; mid = (high + low) / 2',
  source: 'Crabel, Day Trading with Short Term Price Patterns and Opening Range Breakout (1990)',
  lookback: (parameters) => numberOf(parameters, 'bars') - 1,
  ...bySteps(openingRange),
};

function openingRange(parameters: ParameterValues): StreamKernel {
  const bars = numberOf(parameters, 'bars');
  // state: [bars of the session seen, at most `bars`; session; high; low]
  const state = new Float64Array(4);
  return {
    state,
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      const session = inputs[2] as number;
      let seen = state[0] as number;
      if (seen === 0 || session !== state[1]) {
        seen = 1;
        state[1] = session;
        state[2] = high;
        state[3] = low;
      } else if (seen < bars) {
        seen += 1;
        if (high > (state[2] as number)) state[2] = high;
        if (low < (state[3] as number)) state[3] = low;
      }
      state[0] = seen;
      if (seen < bars) {
        outputs.fill(Number.NaN);
        return;
      }
      outputs[0] = state[2] as number;
      outputs[1] = state[3] as number;
      outputs[2] = ((state[2] as number) + (state[3] as number)) / 2;
    },
  };
}
