import type { ParameterValues } from '../../domain/parameters.ts';
import {
  RANGE_AVERAGE_STATE,
  RANGE_CLOSE,
  RANGE_DIRECTION,
  RANGE_STATE,
  rangeStep,
  RENKO_STATE,
  renkoAverageStep,
  renkoBegun,
  renkoClose,
  renkoDirection,
  renkoSetBox,
  renkoStep,
  wayOf,
} from '../../series/bricks.ts';
import {
  integer,
  line,
  numberOf,
  real,
  type IndicatorDefinition,
  type OutputDefinition,
  type StreamKernel,
} from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';

const SMALLEST = 1e-9;
const LARGEST = 1e12;

function outputsOf(name: string, label: string): OutputDefinition[] {
  return [
    line('close', `${label} close`),
    { name: 'direction', label: 'Direction', kind: 'integer', style: 'marks' },
    { name, label: `${label}s made`, kind: 'integer', style: 'histogram' },
  ];
}

export const RENKO: IndicatorDefinition = {
  id: 'renko',
  aliases: [],
  title: 'Renko',
  group: 'Chart Types',
  inputs: ['high', 'low', 'close'],
  parameters: [
    {
      kind: 'choice',
      name: 'method',
      label: 'Box',
      description: 'A box of the average true range or of a fixed size.',
      default: 'atr',
      choices: ['atr', 'fixed'],
    },
    integer('timeperiod', 'ATR period', 14, 'Bars of the average true range.', [1, 100_000]),
    real('size', 'Box size', 1, 'Height of a brick with method "fixed".', [SMALLEST, LARGEST]),
  ],
  outputs: outputsOf('bricks', 'Brick'),
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Bricks of equal height that take time out of the chart: a new one when the close is a whole box beyond the last brick, a turn when it is a whole box beyond its other end. close is that of the last brick, direction 1 or −1, bricks the number completed on this bar. With "atr" the box is the average true range of the bar on which bricks were last completed, so that nothing is redrawn later (charts that use today’s range for the whole past do redraw); no box while the range is zero. No close and direction before the first brick.',
  formula:
    'rising: floor((close − top) / box) bricks; falling: floor((bottom − close) / box) bricks; the first box starts at the first close, with "atr" at the first bar that has an average',
  source: 'Nison, Beyond Candlesticks (1994)',
  lookback: (parameters) =>
    parameters['method'] === 'fixed' ? 0 : numberOf(parameters, 'timeperiod'),
  ...bySteps(renko),
};

function renko(parameters: ParameterValues): StreamKernel {
  const fixed = parameters['method'] === 'fixed';
  const period = numberOf(parameters, 'timeperiod');
  const size = numberOf(parameters, 'size');
  const state = new Float64Array(RENKO_STATE + RANGE_AVERAGE_STATE);
  return {
    state,
    step(inputs, outputs) {
      const high = inputs[0] as number;
      const low = inputs[1] as number;
      const close = inputs[2] as number;
      let bricks = 0;
      if (!fixed) bricks = renkoAverageStep(state, 0, period, high, low, close);
      else if (renkoBegun(state, 0)) bricks = renkoStep(state, 0, close);
      else renkoSetBox(state, 0, size, close);
      const direction = renkoDirection(state, 0);
      outputs[0] = direction === 0 ? Number.NaN : renkoClose(state, 0);
      outputs[1] = direction === 0 ? Number.NaN : direction;
      outputs[2] = renkoBegun(state, 0) ? bricks : Number.NaN;
    },
  };
}

export const RANGE_BARS: IndicatorDefinition = {
  id: 'range_bars',
  aliases: [],
  title: 'Range bars',
  group: 'Chart Types',
  inputs: ['open', 'high', 'low', 'close'],
  parameters: [real('size', 'Range', 1, 'Range of a bar from high to low.', [SMALLEST, LARGEST])],
  outputs: outputsOf('bars', 'Range bar'),
  pane: 'overlay',
  levels: [],
  unstable: true,
  explanation:
    'Bars that end when their range is the given size; the next opens where the last closed. close is that of the last range bar, direction 1 where it closed at its high and −1 at its low, bars the number completed on this bar. The way of the price inside a bar is not known: it is taken as open, low, high, close in a bar that rises and open, high, low, close in one that falls, so finer bars give a truer picture. No close and direction before the first one is complete.',
  formula: 'a bar is complete when price ≥ low + size or price ≤ high − size, and closes there',
  source: 'Vicente Nicolellis’ range bars (1995), without the gap of a tick between bars',
  lookback: () => 0,
  ...bySteps((parameters) => {
    const size = numberOf(parameters, 'size');
    const state = new Float64Array(RANGE_STATE);
    const way = new Float64Array(4);
    return {
      state,
      step(inputs, outputs) {
        const open = inputs[0] as number;
        const high = inputs[1] as number;
        const low = inputs[2] as number;
        const close = inputs[3] as number;
        wayOf(open, high, low, close, way);
        let count = 0;
        for (let k = 0; k < 4; k += 1) count += rangeStep(state, 0, size, way[k] as number);
        const direction = state[RANGE_DIRECTION] as number;
        outputs[0] = direction === 0 ? Number.NaN : (state[RANGE_CLOSE] as number);
        outputs[1] = direction === 0 ? Number.NaN : direction;
        outputs[2] = count;
      },
    };
  }),
};
