import type { IndicatorDefinition } from '../definition.ts';
import { all, near, sumAt, type CandleWindow } from '../kernels/candles.ts';
import { ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { CHESLER } from './sources.ts';

/** Bars after the pattern in which it can be confirmed. */
const WAIT = 3;

// What is remembered: the side of the last pattern, bars left to confirm it, the price that does.
const SIDE = 0;
const LEFT = 1;
const LEVEL = 2;

/** The bar lies within the range of the one before. */
function inside({ high, low }: CandleWindow, i: number): boolean {
  return all(
    (high[i] as number) < (high[i - 1] as number),
    (low[i] as number) > (low[i - 1] as number),
  );
}

/** 1 where high and low are both lower than before (a false break down), -1 where both are higher, else 0. */
function falseBreak({ high, low }: CandleWindow, i: number): 0 | 1 | -1 {
  const highs = (high[i] as number) - (high[i - 1] as number);
  const lows = (low[i] as number) - (low[i - 1] as number);
  if (highs < 0 && lows < 0) return 1;
  return highs > 0 && lows > 0 ? -1 : 0;
}

/** Marks a new pattern on a side (±100), the confirmation of the last (±200), or neither. */
function markOf(w: CandleWindow, i: number, side: 0 | 1 | -1): number {
  const { high, low, close, memory } = w;
  if (side !== 0) {
    memory[SIDE] = side;
    memory[LEFT] = WAIT;
    memory[LEVEL] = side === 1 ? (high[i - 1] as number) : (low[i - 1] as number);
    return 100 * side;
  }
  const left = memory[LEFT] as number;
  if (left === 0) return 0;
  const last = memory[SIDE] as number;
  if (((close[i] as number) - (memory[LEVEL] as number)) * last > 0) {
    memory[LEFT] = 0;
    return 200 * last;
  }
  memory[LEFT] = left - 1;
  return 0;
}

const HIKKAKE = candlePattern({
  id: 'cdlhikkake',
  aliases: ['hikkake', 'hikkake_pattern'],
  title: 'Hikkake pattern',
  explanation:
    'An inside bar whose break-out fails. After a break downwards it is bullish (+100), after one upwards bearish (-100); when one of the next three bars closes beyond the far end of the inside bar, that is confirmed (±200). Traders caught on the wrong side fuel the move.',
  rule: '[1] inside bar: high < high[2], low > low[2]; [0] with lower high and lower low (+100) or higher high and higher low (−100); within 3 bars a close above the high (below the low) of the inside bar confirms: ±200',
  terms: [],
  source: CHESLER,
  lookback: 5,
  warmup: 3,
  memory: 3,
  sums: [],
  scan(w, from, to) {
    for (let i = from; i < to; i += 1) {
      w.marks[i] = markOf(w, i, inside(w, i - 1) ? falseBreak(w, i) : 0);
    }
  },
});

/** The close of candle j lies near its low for a bullish pattern, near its high for a bearish one. */
function closesAside({ high, low, close }: CandleWindow, j: number, side: 1 | -1, reach: number) {
  return side === 1
    ? (close[j] as number) <= (low[j] as number) + reach
    : (close[j] as number) >= (high[j] as number) - reach;
}

const MODIFIED_HIKKAKE = candlePattern({
  id: 'cdlhikkakemod',
  aliases: ['modified_hikkake', 'hikkake_modified'],
  title: 'Modified hikkake pattern',
  explanation:
    'A hikkake with a context bar: two inside bars in a row, the first closing near the end that is then broken in vain. It aims at turns: bullish (+100) after a false break down, bearish (-100) after one up, ±200 when one of the next three bars confirms.',
  rule: '[2] inside [3], [1] inside [2]; [0] with lower high and lower low, close[2] ≤ low[2] + near (+100), or higher high and higher low, close[2] ≥ high[2] − near (−100); within 3 bars a close above high[1] (below low[1]) confirms: ±200',
  terms: ['near'],
  source: CHESLER,
  lookback: 10,
  warmup: 3,
  memory: 3,
  sums: [ranges5(2)],
  scan(w, from, to) {
    const recent = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      let side: 0 | 1 | -1 = 0;
      if (inside(w, i - 1) && inside(w, i - 2)) {
        side = falseBreak(w, i);
        if (side !== 0 && !closesAside(w, i - 2, side, near(recent, i))) side = 0;
      }
      w.marks[i] = markOf(w, i, side);
    }
  },
});

export const HIKKAKES: readonly IndicatorDefinition[] = [HIKKAKE, MODIFIED_HIKKAKE];
