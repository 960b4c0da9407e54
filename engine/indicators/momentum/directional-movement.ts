import {
  EMPTY,
  FROM_ONE,
  integer,
  line,
  periodOf,
  type IndicatorDefinition,
} from '../definition.ts';
import {
  directionalColumn,
  directionalIndicator,
  DIRECTIONAL_STATE,
  directionalStep,
  MINUS,
  PLUS,
  RANGE,
} from '../kernels/directional-movement.ts';

const SOURCE = 'Wilder, New Concepts in Technical Trading Systems (1978), section IV; TA-Lib';

/** Directional movement of one side. With the lows turned round, minus is plus. */
function movement(
  side: 'plus' | 'minus',
  title: string,
  direction: string,
  formula: string,
): IndicatorDefinition {
  const id = `${side}_dm`;
  const upwards = side === 'plus';
  return {
    id,
    aliases: [`${side}_directional_movement`],
    title,
    group: 'Momentum Indicators',
    inputs: ['high', 'low'],
    parameters: [integer('timeperiod', 'Period', 14, 'Bars of the smoothing.', FROM_ONE)],
    outputs: [line(id, upwards ? '+DM' : '−DM')],
    pane: 'own',
    levels: [],
    unstable: true,
    explanation: `How far the bars reach ${direction} those before them, in units of the price, added up with Wilder's smoothing. Only the larger of both sides counts in a bar. It is the numerator of the directional indicator. With a period of 1 it is the movement of the bar alone.`,
    formula,
    source: SOURCE,
    lookback: (parameters) => Math.max(periodOf(parameters) - 1, 1),
    compute([high = EMPTY, low = EMPTY], parameters, [values = EMPTY]) {
      const output = upwards ? 'plus_dm' : 'minus_dm';
      directionalColumn(high, low, low, periodOf(parameters), output, values);
    },
    stream(parameters) {
      const period = periodOf(parameters);
      const first = Math.max(period - 1, 1);
      const state = new Float64Array(DIRECTIONAL_STATE);
      return {
        state,
        step(inputs, outputs) {
          const high = inputs[0] as number;
          const low = inputs[1] as number;
          const seen = directionalStep(state, period, high, low, low);
          outputs[0] = seen < first ? Number.NaN : (state[upwards ? PLUS : MINUS] as number);
        },
      };
    },
  };
}

export const PLUS_DM = movement(
  'plus',
  'Plus directional movement',
  'above',
  '+DM1 = high − high[1] where that is positive and more than low[1] − low, else 0; +DM is the sum of the first n − 1, then +DM[1] − +DM[1] / n + +DM1',
);

export const MINUS_DM = movement(
  'minus',
  'Minus directional movement',
  'below',
  '−DM1 = low[1] − low where that is positive and more than high − high[1], else 0; −DM is the sum of the first n − 1, then −DM[1] − −DM[1] / n + −DM1',
);

/** A directional indicator: the movement of one side as a share of the true range. */
function indicator(
  side: 'plus' | 'minus',
  title: string,
  direction: string,
  formula: string,
): IndicatorDefinition {
  const id = `${side}_di`;
  const upwards = side === 'plus';
  return {
    id,
    aliases: [`${side}_directional_indicator`],
    title,
    group: 'Momentum Indicators',
    inputs: ['high', 'low', 'close'],
    parameters: [integer('timeperiod', 'Period', 14, 'Bars of the smoothing.', FROM_ONE)],
    outputs: [line(id, upwards ? '+DI' : '−DI')],
    pane: 'own',
    levels: [],
    unstable: true,
    explanation: `The part of all movement that went ${direction}, in percent of the true range. The side with the higher indicator leads; where they cross, the lead changes. Where there was no range it is 0. With a period of 1 it is the plain share of the bar, from 0 to 1, as in TA-Lib.`,
    formula,
    source: SOURCE,
    lookback: periodOf,
    compute([high = EMPTY, low = EMPTY, close = EMPTY], parameters, [values = EMPTY]) {
      const output = upwards ? 'plus_di' : 'minus_di';
      directionalColumn(high, low, close, periodOf(parameters), output, values);
    },
    stream(parameters) {
      const period = periodOf(parameters);
      const scale = period === 1 ? 1 : 100;
      const state = new Float64Array(DIRECTIONAL_STATE);
      return {
        state,
        step(inputs, outputs) {
          const high = inputs[0] as number;
          const low = inputs[1] as number;
          const close = inputs[2] as number;
          const seen = directionalStep(state, period, high, low, close);
          const sum = state[upwards ? PLUS : MINUS] as number;
          outputs[0] =
            seen < period ? Number.NaN : directionalIndicator(sum, state[RANGE] as number, scale);
        },
      };
    },
  };
}

export const PLUS_DI = indicator(
  'plus',
  'Plus directional indicator',
  'up',
  "+DI = 100 × +DM / TR, both with Wilder's smoothing over n bars; 0 where TR is 0",
);

export const MINUS_DI = indicator(
  'minus',
  'Minus directional indicator',
  'down',
  "−DI = 100 × −DM / TR, both with Wilder's smoothing over n bars; 0 where TR is 0",
);
