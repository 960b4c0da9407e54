import type { ParameterValues } from '../../domain/parameters.ts';
import {
  line,
  type IndicatorDefinition,
  type OutputDefinition,
  type StreamKernel,
} from '../definition.ts';
import { bySteps } from '../kernels/steps.ts';
import { BEFORE, FIRST_SESSION, RUNNING, SESSION_STATE, sessionStep } from './sessions.ts';

/**
 * Writes levels into `out`: the pivot, then r1, s1, r2, s2, …
 * @param now open of the session that runs; the other prices are those of the session before
 */
type Levels = (
  out: Float64Array,
  open: number,
  high: number,
  low: number,
  close: number,
  now: number,
  parameters: ParameterValues,
) => void;

function outputsOf(count: number): OutputDefinition[] {
  const outputs = [line('p', 'P')];
  for (let k = 1; k <= count; k += 1) outputs.push(line(`r${k}`, `R${k}`), line(`s${k}`, `S${k}`));
  return outputs;
}

function pivot(
  described: Pick<
    IndicatorDefinition,
    'id' | 'aliases' | 'title' | 'explanation' | 'formula' | 'source'
  >,
  pairs: number,
  levels: Levels,
  parameters: IndicatorDefinition['parameters'] = [],
): IndicatorDefinition {
  return {
    ...described,
    explanation: described.explanation + FIRST_SESSION,
    group: 'Support and Resistance',
    inputs: ['open', 'high', 'low', 'close', 'session'],
    parameters,
    outputs: outputsOf(pairs),
    pane: 'overlay',
    levels: [],
    unstable: false,
    lookback: () => 1,
    ...bySteps((given) => pivotKernel(levels, 1 + 2 * pairs, given)),
  };
}

function pivotKernel(levels: Levels, count: number, given: ParameterValues): StreamKernel {
  // state: the sessions, then the levels, which change with the session only.
  const state = new Float64Array(SESSION_STATE + count);
  const out = state.subarray(SESSION_STATE);
  return {
    state,
    step(inputs, outputs) {
      const open = inputs[0] as number;
      const high = inputs[1] as number;
      const low = inputs[2] as number;
      const close = inputs[3] as number;
      const session = inputs[4] as number;
      const fresh = session !== state[1];
      if (!sessionStep(state, open, high, low, close, session)) {
        outputs.fill(Number.NaN);
        return;
      }
      if (fresh) {
        levels(
          out,
          state[BEFORE] as number,
          state[BEFORE + 1] as number,
          state[BEFORE + 2] as number,
          state[BEFORE + 3] as number,
          state[RUNNING] as number,
          given,
        );
      }
      for (let k = 0; k < count; k += 1) outputs[k] = out[k] as number;
    },
  };
}

/** The pivot and the two pairs that all but Camarilla and DeMark share. */
function firstPairs(out: Float64Array, p: number, high: number, low: number): void {
  const range = high - low;
  out[0] = p;
  out[1] = 2 * p - low;
  out[2] = 2 * p - high;
  out[3] = p + range;
  out[4] = p - range;
}

const READ =
  'Above the pivot the day counts as strong, below as weak; R levels are watched as resistance, S levels as support.';

export const PIVOT_CLASSIC = pivot(
  {
    id: 'pivot_classic',
    aliases: ['pivot_points', 'pivots'],
    title: 'Pivot points, classic',
    explanation: `Levels from high, low and close of the trading day before (on daily bars of the bar before). ${READ} The outer levels are whole ranges from the pivot; the floor traders’ other form of them is pivot_traditional.`,
    formula:
      'P = (H + L + C) / 3; R1 = 2P − L; S1 = 2P − H; R2, S2 = P ± (H − L); R3, S3 = P ± 2 (H − L); R4, S4 = P ± 3 (H − L)',
    source: 'Floor traders’ formula; outer levels as in the type Classic of TradingView',
  },
  4,
  (out, _open, high, low, close) => {
    const p = (high + low + close) / 3;
    firstPairs(out, p, high, low);
    out[5] = p + 2 * (high - low);
    out[6] = p - 2 * (high - low);
    out[7] = p + 3 * (high - low);
    out[8] = p - 3 * (high - low);
  },
);

export const PIVOT_TRADITIONAL = pivot(
  {
    id: 'pivot_traditional',
    aliases: ['floor_pivots', 'pivot_standard'],
    title: 'Pivot points, traditional',
    explanation: `Levels from high, low and close of the trading day before (on daily bars of the bar before). ${READ}`,
    formula:
      'P = (H + L + C) / 3; R1 = 2P − L; S1 = 2P − H; R2, S2 = P ± (H − L); R3 = H + 2 (P − L); S3 = L − 2 (H − P); R4 = 3P + H − 3L; S4 = 3P − 3H + L; R5 = 4P + H − 4L; S5 = 4P − 4H + L',
    source:
      'Person, A Complete Guide to Technical Trading Tactics (2004); R4 to S5 as in the type Traditional of TradingView',
  },
  5,
  (out, _open, high, low, close) => {
    const p = (high + low + close) / 3;
    firstPairs(out, p, high, low);
    for (let k = 2; k <= 4; k += 1) {
      out[2 * k + 1] = high + k * (p - low);
      out[2 * k + 2] = low - k * (high - p);
    }
  },
);

export const PIVOT_FIBONACCI = pivot(
  {
    id: 'pivot_fibonacci',
    aliases: ['fibonacci_pivots'],
    title: 'Pivot points, Fibonacci',
    explanation: `Levels at shares of the range of the trading day before (on daily bars of the bar before) around its pivot. ${READ}`,
    formula: 'P = (H + L + C) / 3; R, S = P ± 0.382, 0.618 and 1 × (H − L)',
    source: 'Common practice; shares as at StockCharts and TradingView',
  },
  3,
  (out, _open, high, low, close) => {
    const p = (high + low + close) / 3;
    const range = high - low;
    out[0] = p;
    out[1] = p + 0.382 * range;
    out[2] = p - 0.382 * range;
    out[3] = p + 0.618 * range;
    out[4] = p - 0.618 * range;
    out[5] = p + range;
    out[6] = p - range;
  },
);

export const PIVOT_CAMARILLA = pivot(
  {
    id: 'pivot_camarilla',
    aliases: ['camarilla'],
    title: 'Pivot points, Camarilla',
    explanation:
      'Levels around the close of the trading day before (on daily bars of the bar before), as shares of its range. R3 and S3 are traded as turning points, a break of R4 or S4 as the start of a move. The fifth pair has no value where the low is not above zero.',
    formula:
      'R, S = C ± 1.1 (H − L) / 12, / 6, / 4, / 2; R5 = C × H / L; S5 = 2C − R5; P = (H + L + C) / 3',
    source:
      'Nick Scott’s equation (1989), as made known by traders; fifth pair as in the type Camarilla of TradingView',
  },
  5,
  (out, _open, high, low, close) => {
    const step = 1.1 * (high - low);
    out[0] = (high + low + close) / 3;
    for (let k = 1; k <= 4; k += 1) {
      const divisor = k === 1 ? 12 : k === 2 ? 6 : k === 3 ? 4 : 2;
      out[2 * k - 1] = close + step / divisor;
      out[2 * k] = close - step / divisor;
    }
    const outer = low > 0 ? (high / low) * close : Number.NaN;
    out[9] = outer;
    out[10] = close - (outer - close);
  },
);

export const PIVOT_WOODIE = pivot(
  {
    id: 'pivot_woodie',
    aliases: ['woodie_pivots'],
    title: 'Pivot points, Woodie',
    explanation: `Levels from high and low of the trading day before and the open of this one, which is known from its first bar on. ${READ} With weight "close" the close of the day before stands in place of the open.`,
    formula:
      'P = (H + L + 2 O) / 4, O the open of the running session; R1 = 2P − L; S1 = 2P − H; R2, S2 = P ± (H − L); R3 = H + 2 (P − L); S3 = L − 2 (H − P); R4 = R3 + H − L; S4 = S3 − (H − L)',
    source: 'Ken Wood’s formula, as made known by Woodie’s CCI Club; as in TradingView',
  },
  4,
  (out, _open, high, low, close, now, given) => {
    const weighted = given['weight'] === 'close' ? close : now;
    const p = (high + low + 2 * weighted) / 4;
    firstPairs(out, p, high, low);
    out[5] = high + 2 * (p - low);
    out[6] = low - 2 * (high - p);
    out[7] = out[5] + (high - low);
    out[8] = out[6] - (high - low);
  },
  [
    {
      kind: 'choice',
      name: 'weight',
      label: 'Weight on',
      description:
        'The price that counts twice: the open of the running session or the close before.',
      default: 'open',
      choices: ['open', 'close'],
    },
  ],
);

export const PIVOT_DEMARK = pivot(
  {
    id: 'pivot_demark',
    aliases: ['demark_pivots', 'pivot_dm'],
    title: 'Pivot points, DeMark',
    explanation:
      'One expected high (r1) and low (s1) for the day from the day before (on daily bars the bar before): its low weighs double when it closed below its open, its high when above, its close when equal.',
    formula:
      'X = H + 2L + C when C < O, 2H + L + C when C > O, H + L + 2C when equal; P = X / 4; R1 = X / 2 − L; S1 = X / 2 − H',
    source: 'DeMark, The New Science of Technical Analysis (1994)',
  },
  1,
  (out, open, high, low, close) => {
    const weighted = close < open ? low : close > open ? high : close;
    const x = high + low + close + weighted;
    out[0] = x / 4;
    out[1] = x / 2 - low;
    out[2] = x / 2 - high;
  },
);
