import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  numberOf,
  periodOf,
  real,
  type IndicatorDefinition,
  type OutputDefinition,
} from '../definition.ts';
import {
  addMoment,
  deviationOfMoments,
  MOMENTS,
  windowMomentsState,
  windowMomentsStep,
} from '../kernels/weighted-moments.ts';

const OUTPUTS: readonly OutputDefinition[] = [
  line('vwap', 'VWAP'),
  line('upper', 'Upper'),
  line('lower', 'Lower'),
];
const WIDTH = real('width', 'Band width', 1, 'Standard deviations to the bands.', [0, 1000]);
const FORMULA =
  'p = (high + low + close) / 3; VWAP = Σ p × volume / Σ volume; bands = VWAP ± width × √(Σ volume × (p − VWAP)² / Σ volume)';
const NO_VOLUME = 'Without volume so far there is no value.';

/** Writes the average and its bands from the group at `at`; NaN while it has no weight. */
function writeBands(
  state: Float64Array,
  at: number,
  width: number,
  outputs: readonly [Float64Array, Float64Array, Float64Array],
  i: number,
): void {
  const weighted = (state[at] as number) > 0;
  const mean = weighted ? (state[at + 1] as number) : Number.NaN;
  const away = weighted ? width * deviationOfMoments(state, at) : Number.NaN;
  outputs[0][i] = mean;
  outputs[1][i] = mean + away;
  outputs[2][i] = mean - away;
}

/** The same for a stream, whose three outputs are one array. */
function writeStreamBands(
  state: Float64Array,
  at: number,
  width: number,
  outputs: Float64Array,
): void {
  const weighted = (state[at] as number) > 0;
  const mean = weighted ? (state[at + 1] as number) : Number.NaN;
  const away = weighted ? width * deviationOfMoments(state, at) : Number.NaN;
  outputs[0] = mean;
  outputs[1] = mean + away;
  outputs[2] = mean - away;
}

export const VWAP: IndicatorDefinition = {
  id: 'vwap',
  aliases: ['session_vwap', 'volume_weighted_average_price'],
  title: 'Volume-weighted average price',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume', 'session'],
  parameters: [WIDTH],
  outputs: OUTPUTS,
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation: `The average price that was paid for a unit since the session began, and how far trades have been from it. Funds measure their fills against it; intraday traders read it as the fair price of the day. It starts anew with each session. ${NO_VOLUME}`,
  formula: `${FORMULA}, over the bars of the session`,
  source:
    'Berkowitz, Logue and Noser, The Total Cost of Transactions on the NYSE, Journal of Finance 43 (1988)',
  lookback: () => 0,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY, session = EMPTY],
    parameters,
    [vwap = EMPTY, upper = EMPTY, lower = EMPTY],
  ) {
    const width = numberOf(parameters, 'width');
    const columns = [vwap, upper, lower] as const;
    const group = new Float64Array(MOMENTS);
    let day = Number.NaN;
    for (let i = 0; i < close.length; i += 1) {
      if (session[i] !== day) {
        day = session[i] as number;
        group.fill(0);
      }
      const price = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
      addMoment(group, 0, price, volume[i] as number);
      writeBands(group, 0, width, columns, i);
    }
  },
  stream(parameters) {
    const width = numberOf(parameters, 'width');
    // state: [group, session]
    const state = new Float64Array(MOMENTS + 1);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const session = inputs[4] as number;
        if (session !== state[MOMENTS]) {
          state.fill(0);
          state[MOMENTS] = session;
        }
        addMoment(state, 0, (high + low + close) / 3, volume);
        writeStreamBands(state, 0, width, outputs);
      },
    };
  },
};

/** Days that a Date can name, in milliseconds. */
const LATEST_TIME = 8.64e15;

export const ANCHORED_VWAP: IndicatorDefinition = {
  id: 'anchored_vwap',
  aliases: ['avwap'],
  title: 'Anchored VWAP',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume', 'time'],
  parameters: [
    real(
      'anchor',
      'Anchor',
      0,
      'Time (milliseconds since 1970, UTC) of the event to count from.',
      [-LATEST_TIME, LATEST_TIME],
      1,
    ),
    WIDTH,
  ],
  outputs: OUTPUTS,
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation: `The average price that was paid for a unit since a chosen event, such as a low, a gap or a report: whether those who came in since then are ahead or behind. It begins with the first bar at or after the anchor. ${NO_VOLUME}`,
  formula: `${FORMULA}, over the bars from the anchor on`,
  source:
    'Warner, the MIDAS method (1995); Shannon, Maximum Trading Gains with Anchored VWAP (2023)',
  lookback: () => 0,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY, time = EMPTY],
    parameters,
    [vwap = EMPTY, upper = EMPTY, lower = EMPTY],
  ) {
    const anchor = numberOf(parameters, 'anchor');
    const width = numberOf(parameters, 'width');
    const columns = [vwap, upper, lower] as const;
    const group = new Float64Array(MOMENTS);
    for (let i = 0; i < close.length; i += 1) {
      if ((time[i] as number) >= anchor) {
        const price = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
        addMoment(group, 0, price, volume[i] as number);
      }
      writeBands(group, 0, width, columns, i);
    }
  },
  stream(parameters) {
    const anchor = numberOf(parameters, 'anchor');
    const width = numberOf(parameters, 'width');
    const state = new Float64Array(MOMENTS);
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const time = inputs[4] as number;
        if (time >= anchor) addMoment(state, 0, (high + low + close) / 3, volume);
        writeStreamBands(state, 0, width, outputs);
      },
    };
  },
};

export const ROLLING_VWAP: IndicatorDefinition = {
  id: 'rolling_vwap',
  aliases: ['rvwap', 'moving_vwap'],
  title: 'Rolling VWAP',
  group: 'Volume Indicators',
  inputs: ['high', 'low', 'close', 'volume'],
  parameters: [integer('timeperiod', 'Period', 20, 'Bars of the average.', FROM_ONE), WIDTH],
  outputs: OUTPUTS,
  pane: 'overlay',
  levels: [],
  unstable: false,
  explanation:
    'The volume-weighted average price of the last bars, without a session or an anchor. Heavy bars pull it more than light ones. Where none of the bars has volume there is no value.',
  formula: `${FORMULA}, over the last n bars`,
  source: 'The volume-weighted average price over a moving window',
  lookback: (parameters) => periodOf(parameters) - 1,
  compute(
    [high = EMPTY, low = EMPTY, close = EMPTY, volume = EMPTY],
    parameters,
    [vwap = EMPTY, upper = EMPTY, lower = EMPTY],
  ) {
    const period = periodOf(parameters);
    const width = numberOf(parameters, 'width');
    const columns = [vwap, upper, lower] as const;
    const state = new Float64Array(windowMomentsState(period));
    for (let i = 0; i < close.length; i += 1) {
      const price = ((high[i] as number) + (low[i] as number) + (close[i] as number)) / 3;
      if (windowMomentsStep(state, 0, period, price, volume[i] as number)) {
        writeBands(state, 0, width, columns, i);
      } else {
        vwap[i] = Number.NaN;
        upper[i] = Number.NaN;
        lower[i] = Number.NaN;
      }
    }
  },
  stream(parameters) {
    const period = periodOf(parameters);
    const width = numberOf(parameters, 'width');
    const state = new Float64Array(windowMomentsState(period));
    return {
      state,
      step(inputs, outputs) {
        const high = inputs[0] as number;
        const low = inputs[1] as number;
        const close = inputs[2] as number;
        const volume = inputs[3] as number;
        const full = windowMomentsStep(state, 0, period, (high + low + close) / 3, volume);
        if (full) writeStreamBands(state, 0, width, outputs);
        else outputs.fill(Number.NaN);
      },
    };
  },
};
