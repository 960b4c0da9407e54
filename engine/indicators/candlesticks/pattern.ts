import { real, numberOf, type IndicatorDefinition, type StreamKernel } from '../definition.ts';
import type { ParameterValues } from '../../domain/parameters.ts';
import type { CandleWindow } from '../kernels/candles.ts';
import {
  firstSum,
  measureColumn,
  measureOf,
  sumColumns,
  type CandleMeasure,
  type CandleSum,
} from '../kernels/candle-sums.ts';

const EMPTY = new Float64Array(0);

/** Bars scanned at once: few enough that sums and bars stay in the cache, and enough that what a chunk costs by itself does not count. */
const CHUNK = 2_048;

/** What the words of a rule mean. */
const TERMS = {
  long: 'long: body > mean body of the 10 candles before',
  short: 'short: body < mean body of the 10 candles before',
  doji: 'doji: body ≤ 0.1 × mean range of the 10 candles before',
  longShadow: 'long shadow: > the own body',
  veryLongShadow: 'very long shadow: > 2 × the own body',
  shortShadow: 'short shadow: < half the mean of both shadows of the 10 candles before',
  veryShortShadow: 'very short shadow: < 0.1 × mean range of the 10 candles before',
  near: 'near: 0.2 × mean range of the 5 candles before',
  far: 'far: 0.6 × mean range of the 5 candles before',
  equal: 'equal: within 0.05 × mean range of the 5 candles before',
} as const;

/** One candlestick pattern. */
export interface CandlePattern {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly title: string;
  readonly explanation: string;
  /** The rule in words; [0] is the newest candle, [1] the one before. */
  readonly rule: string;
  /** Words of the rule that need a definition. */
  readonly terms: readonly (keyof typeof TERMS)[];
  readonly source: string;
  readonly lookback: number;
  /** Bars before the look-back that are scanned for what the pattern remembers. */
  readonly warmup?: number;
  /** Numbers that the pattern remembers. */
  readonly memory?: number;
  /** Default of the option `penetration`, where the pattern has it. */
  readonly penetration?: number;
  /** Running sums that the pattern compares with. */
  readonly sums: readonly CandleSum[];
  /**
   * Marks bars `from` to `to` of a window. Each pattern has a loop of its own, so that the compiler
   * sees one pattern in it; a shared loop that calls 61 tests takes more than twice the time.
   */
  scan(w: CandleWindow, from: number, to: number): void;
}

/** Makes the definition of a pattern: one column of 0, or positive (bullish) or negative marks. */
export function candlePattern(pattern: CandlePattern): IndicatorDefinition {
  const { id, title, rule, terms, lookback, penetration } = pattern;
  const formula = [rule, ...terms.map((term) => TERMS[term])].join('; ');
  return {
    id,
    aliases: pattern.aliases,
    title,
    group: 'Pattern Recognition',
    inputs: ['open', 'high', 'low', 'close'],
    parameters:
      penetration === undefined
        ? []
        : [
            real(
              'penetration',
              'Penetration',
              penetration,
              'Share of the first body that the last close, or the pullback, is measured by.',
              [0, 3e37],
            ),
          ],
    outputs: [{ name: id, label: title, kind: 'integer', style: 'marks' }],
    pane: 'overlay',
    levels: [],
    unstable: false,
    explanation: pattern.explanation,
    formula,
    source: pattern.source,
    lookback: () => lookback,
    compute(inputs, parameters, [output = EMPTY]) {
      output.fill(Number.NaN, 0, Math.min(lookback, output.length));
      if (output.length <= lookback) return;
      scanChunks(pattern, inputs, penetrationOf(pattern, parameters), output);
      // A warm-up scan has written into the lead-in.
      output.fill(Number.NaN, firstOf(pattern), lookback);
    },
    stream: (parameters) => streamOf(pattern, penetrationOf(pattern, parameters)),
  };
}

function penetrationOf(pattern: CandlePattern, parameters: ParameterValues): Float64Array {
  return Float64Array.of(
    pattern.penetration === undefined ? 0 : numberOf(parameters, 'penetration'),
  );
}

/** The first bar that is scanned; every candle and sum of the pattern lies within as many bars before. */
function firstOf(pattern: CandlePattern): number {
  return pattern.lookback - (pattern.warmup ?? 0);
}

/** The only maker of windows, so that scans see one shape. */
function windowOf(
  [open = EMPTY, high = EMPTY, low = EMPTY, close = EMPTY]: readonly Float64Array[],
  marks: Float64Array,
  sums: readonly Float64Array[],
  memory: Float64Array,
  penetration: Float64Array,
): CandleWindow {
  return { open, high, low, close, marks, sums, memory, penetration };
}

/** What a whole computation works with. */
interface Scratch {
  readonly first: number;
  readonly memory: Float64Array;
  readonly penetration: Float64Array;
  /** The sums at the start of the next chunk. */
  readonly values: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly measures: ReadonlyMap<CandleMeasure, Float64Array>;
  /** The measure of each sum. */
  readonly sources: readonly Float64Array[];
}

/** Scans chunk by chunk; each starts with the bars before it that the pattern looks at. */
function scanChunks(
  pattern: CandlePattern,
  inputs: readonly Float64Array[],
  penetration: Float64Array,
  output: Float64Array,
): void {
  const { sums } = pattern;
  const first = firstOf(pattern);
  const room = Math.min(CHUNK + first, output.length);
  const measures = new Map<CandleMeasure, Float64Array>();
  for (const { measure } of sums) measures.set(measure, new Float64Array(room));
  const scratch: Scratch = {
    first,
    memory: new Float64Array(pattern.memory ?? 0),
    penetration,
    values: new Float64Array(sums.length),
    columns: sums.map(() => new Float64Array(room)),
    measures,
    sources: sums.map(({ measure }) => measures.get(measure) as Float64Array),
  };
  for (let start = 0; start + first < output.length; start += CHUNK) {
    scanChunk(pattern, inputs, scratch, output, start);
  }
}

function scanChunk(
  pattern: CandlePattern,
  inputs: readonly Float64Array[],
  { first, memory, penetration, values, columns, measures, sources }: Scratch,
  output: Float64Array,
  start: number,
): void {
  const { sums } = pattern;
  const end = Math.min(start + CHUNK + first, output.length);
  const length = end - start;
  const bars = inputs.map((column) => column.subarray(start, end));
  const w = windowOf(bars, output.subarray(start, end), columns, memory, penetration);
  for (const [measure, column] of measures) measureColumn(measure, w, length, column);
  if (start === 0) {
    for (const [k, sum] of sums.entries()) {
      values[k] = firstSum(sources[k] as Float64Array, sum, first);
    }
  }
  sumColumns(sums, sources, values, first, length, columns);
  pattern.scan(w, first, length);
}

function streamOf(pattern: CandlePattern, penetration: Float64Array): StreamKernel {
  const { lookback, sums } = pattern;
  const first = firstOf(pattern);
  const size = first + 1;
  // state: [bars seen, sums, memory, last opens, highs, lows, closes (oldest first)]
  const remembered = 1 + sums.length;
  const bars = remembered + (pattern.memory ?? 0);
  const state = new Float64Array(bars + 4 * size);
  const columnOf = (k: number): Float64Array =>
    state.subarray(bars + k * size, bars + (k + 1) * size);
  // Marks and sums are written anew in each step.
  const marks = new Float64Array(size);
  const columns = sums.map(() => new Float64Array(size));
  // Which candle a sum takes in, and which leaves it.
  const entering = Int32Array.from(sums, (sum) => first - sum.back);
  const leaving = Int32Array.from(sums, (sum) => first - sum.back - sum.bars);
  const w = windowOf(
    [columnOf(0), columnOf(1), columnOf(2), columnOf(3)],
    marks,
    columns,
    state.subarray(remembered, bars),
    penetration,
  );
  return {
    state,
    step(inputs, outputs) {
      const seen = state[0] as number;
      state[0] = Math.min(seen + 1, lookback);
      // All four columns move on by one bar; the newest places are then overwritten.
      state.copyWithin(bars, bars + 1);
      w.open[first] = inputs[0] as number;
      w.high[first] = inputs[1] as number;
      w.low[first] = inputs[2] as number;
      w.close[first] = inputs[3] as number;
      if (seen >= first) {
        for (let k = 0; k < sums.length; k += 1) {
          (columns[k] as Float64Array)[first] = state[1 + k] as number;
        }
        pattern.scan(w, first, size);
      }
      for (let k = 0; k < sums.length; k += 1) {
        const at = entering[k] as number;
        const oldest = leaving[k] as number;
        if (seen < first - at + oldest) continue;
        const measure = (sums[k] as CandleSum).measure;
        let change = measureOf(measure, w, at);
        if (seen >= first) change -= measureOf(measure, w, oldest);
        state[1 + k] = (state[1 + k] as number) + change;
      }
      outputs[0] = seen < lookback ? Number.NaN : (marks[first] as number);
    },
  };
}
