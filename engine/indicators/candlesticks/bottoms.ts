import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  bodyGapDown,
  equal,
  isBlack,
  isWhite,
  lowerShadow,
  sumAt,
  upperShadow,
  veryShortShadow,
  all,
} from '../kernels/candles.ts';
import { bodies10, ranges10, ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS } from './sources.ts';

const THREE_STARS_IN_THE_SOUTH = candlePattern({
  id: 'cdl3starsinsouth',
  aliases: ['three_stars_in_the_south'],
  title: 'Three stars in the south',
  explanation:
    'Three black candles in a fall, each smaller than the last and with a higher low: first a long one with a long lower shadow, then a smaller copy, then a small one without shadows inside the second. The fall slows down; bullish (+100).',
  rule: '[2] black, long, with a long lower shadow; [1] black, a smaller body, opening above close[2] up to high[2], low below close[2] but not below low[2], lower shadow not very short; [0] black, short, with very short shadows, its range inside that of [1]',
  terms: ['long', 'short', 'longShadow', 'veryShortShadow'],
  source: MORRIS,
  lookback: 12,
  sums: [bodies10(2), bodies10(0), ranges10(1), ranges10(0)],
  scan(w, from, to) {
    const { open, high, low, close } = w;
    const bodies2 = sumAt(w, 0);
    const bodies0 = sumAt(w, 1);
    const ranges1 = sumAt(w, 2);
    const ranges0 = sumAt(w, 3);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (
        (low[i] as number) > (low[i - 1] as number) &&
        (high[i] as number) < (high[i - 1] as number) &&
        isBlack(w, i) &&
        isBlack(w, i - 1) &&
        isBlack(w, i - 2)
      ) {
        const first = body(w, i - 2);
        const start = open[i - 1] as number;
        const bottom = low[i - 1] as number;
        const level = close[i - 2] as number;
        if (
          first > averageBody(bodies2, i) &&
          lowerShadow(w, i - 2) > first &&
          body(w, i - 1) < first &&
          start > level &&
          start <= (high[i - 2] as number) &&
          bottom < level &&
          bottom >= (low[i - 2] as number) &&
          lowerShadow(w, i - 1) > veryShortShadow(ranges1, i) &&
          body(w, i) < averageBody(bodies0, i) &&
          lowerShadow(w, i) < veryShortShadow(ranges0, i) &&
          upperShadow(w, i) < veryShortShadow(ranges0, i)
        ) {
          mark = 100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

const UNIQUE_THREE_RIVER = candlePattern({
  id: 'cdlunique3river',
  aliases: ['unique_three_river', 'unique_three_river_bottom'],
  title: 'Unique three river bottom',
  explanation:
    'A long black candle, a black one within its body that makes a new low and recovers, and a small white one that stays above that low. The low holds; after a fall bullish (+100).',
  rule: '[2] black, long; [1] black, its body within that of [2], low below low[2]; [0] white, short, open > low[1]',
  terms: ['long', 'short'],
  source: MORRIS,
  lookback: 12,
  sums: [bodies10(2), bodies10(0)],
  scan(w, from, to) {
    const { open, low, close } = w;
    const bodies2 = sumAt(w, 0);
    const bodies0 = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          (close[i - 1] as number) > (close[i - 2] as number),
          (low[i - 1] as number) < (low[i - 2] as number),
          isBlack(w, i - 2),
          isBlack(w, i - 1),
        ) &&
        isWhite(w, i) &&
        (open[i - 1] as number) <= (open[i - 2] as number) &&
        (open[i] as number) > (low[i - 1] as number) &&
        body(w, i - 2) > averageBody(bodies2, i) &&
        body(w, i) < averageBody(bodies0, i)
          ? 100
          : 0;
    }
  },
});

const STICK_SANDWICH = candlePattern({
  id: 'cdlsticksandwich',
  aliases: ['stick_sandwich'],
  title: 'Stick sandwich',
  explanation:
    'A white candle between two black ones that close at the same price: that close has become support. After a fall it is bullish (+100).',
  rule: '[2] black; [1] white, low > close[2]; [0] black, close equal to close[2]',
  terms: ['equal'],
  source: MORRIS,
  lookback: 7,
  sums: [ranges5(2)],
  scan(w, from, to) {
    const { low, close } = w;
    const recent = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      const level = close[i - 2] as number;
      w.marks[i] =
        all(
          (low[i - 1] as number) > level,
          (close[i] as number) <= level + equal(recent, i),
          (close[i] as number) >= level - equal(recent, i),
          isBlack(w, i - 2),
        ) &&
        isWhite(w, i - 1) &&
        isBlack(w, i)
          ? 100
          : 0;
    }
  },
});

const CONCEALING_BABY_SWALLOW = candlePattern({
  id: 'cdlconcealbabyswall',
  aliases: ['concealing_baby_swallow'],
  title: 'Concealing baby swallow',
  explanation:
    'Two black marubozus, a black candle that gaps down yet trades up into the body before it, and a black one that swallows it whole. The fall covers up a first buying; after a decline it is bullish (+100). It is very rare.',
  rule: '[3] and [2] black with very short shadows; [1] black, its body gapping down, its upper shadow not very short and reaching above close[2]; [0] black, high > high[1] and low < low[1]',
  terms: ['veryShortShadow'],
  source: MORRIS,
  lookback: 13,
  sums: [ranges10(3), ranges10(2), ranges10(1)],
  scan(w, from, to) {
    const { high, low, close } = w;
    const ranges3 = sumAt(w, 0);
    const ranges2 = sumAt(w, 1);
    const ranges1 = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          bodyGapDown(w, i - 1, i - 2),
          (high[i] as number) > (high[i - 1] as number),
          (low[i] as number) < (low[i - 1] as number),
          (high[i - 1] as number) > (close[i - 2] as number),
        ) &&
        isBlack(w, i) &&
        isBlack(w, i - 1) &&
        isBlack(w, i - 2) &&
        isBlack(w, i - 3) &&
        lowerShadow(w, i - 3) < veryShortShadow(ranges3, i) &&
        upperShadow(w, i - 3) < veryShortShadow(ranges3, i) &&
        lowerShadow(w, i - 2) < veryShortShadow(ranges2, i) &&
        upperShadow(w, i - 2) < veryShortShadow(ranges2, i) &&
        upperShadow(w, i - 1) > veryShortShadow(ranges1, i)
          ? 100
          : 0;
    }
  },
});

export const BOTTOMS: readonly IndicatorDefinition[] = [
  THREE_STARS_IN_THE_SOUTH,
  UNIQUE_THREE_RIVER,
  STICK_SANDWICH,
  CONCEALING_BABY_SWALLOW,
];
