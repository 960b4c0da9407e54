import { FROM_ONE, integer, line, numberOf, type IndicatorDefinition } from '../definition.ts';
import { windowSumState, windowSumStep } from '../kernels/window-sum.ts';
import { bySteps } from '../kernels/steps.ts';

const ISSUES =
  ' The first series is the number of issues at a new high, the second that of issues at a new low.';

/** Share of new highs in both, in percent; 50 where there are none. */
function recordHighPercent(highs: number, lows: number): number {
  const sum = highs + lows;
  return sum === 0 ? 50 : (100 * highs) / sum;
}

export const NEW_HIGHS_LOWS: IndicatorDefinition = {
  id: 'new_highs_lows',
  aliases: ['new_highs_new_lows', 'nhnl'],
  title: 'New highs and new lows',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [],
  outputs: [
    { name: 'net', label: 'Net new highs', kind: 'real', style: 'histogram' },
    line('percent', 'Net %'),
    line('record_high_percent', 'Record high %'),
  ],
  pane: 'own',
  levels: [0],
  unstable: false,
  explanation:
    'New highs less new lows: as a number, in percent of both (−100 to 100), and the share of new highs in both (0 to 100). Where there are neither, net and percent are 0 and the share 50.' +
    ISSUES,
  formula: 'net = H − L; percent = 100 (H − L) / (H + L); record high percent = 100 H / (H + L)',
  source:
    'Morris, The Complete Guide to Market Breadth Indicators (2006); StockCharts, Record High Percent',
  lookback: () => 0,
  ...bySteps(() => ({
    state: new Float64Array(0),
    step(inputs, outputs) {
      const highs = inputs[0] as number;
      const lows = inputs[1] as number;
      const sum = highs + lows;
      outputs[0] = highs - lows;
      outputs[1] = sum === 0 ? 0 : (100 * (highs - lows)) / sum;
      outputs[2] = recordHighPercent(highs, lows);
    },
  })),
};

export const HIGH_LOW_INDEX: IndicatorDefinition = {
  id: 'high_low_index',
  aliases: ['hilo_index'],
  title: 'High-low index',
  group: 'Breadth and Relative Strength',
  inputs: ['real0', 'real1'],
  parameters: [integer('timeperiod', 'Period', 10, 'Bars of the average.', FROM_ONE)],
  outputs: [line('index', 'High-low index')],
  pane: 'own',
  levels: [30, 50, 70],
  unstable: false,
  explanation:
    'Average share of new highs among new highs and new lows: above 50 highs prevail, above 70 the market is strong, below 30 weak. A bar without either counts as 50.' +
    ISSUES,
  formula: 'SMA(100 H / (H + L), n)',
  source:
    'StockCharts, High-Low Index; Morris, The Complete Guide to Market Breadth Indicators (2006)',
  lookback: (parameters) => numberOf(parameters, 'timeperiod') - 1,
  ...bySteps((parameters) => {
    const n = numberOf(parameters, 'timeperiod');
    const state = new Float64Array(windowSumState(n));
    return {
      state,
      step(inputs, outputs) {
        const share = recordHighPercent(inputs[0] as number, inputs[1] as number);
        outputs[0] = windowSumStep(state, 0, n, share) / n;
      },
    };
  }),
};
