import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  bodyGapUp,
  equal,
  isBlack,
  isWhite,
  lowerShadow,
  sumAt,
  veryShortShadow,
  type CandleWindow,
  all,
} from '../kernels/candles.ts';
import { bodies10, ranges10, ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON } from './sources.ts';

/** Three black candles up to candle i, each closing below the one before. */
function blackFall(w: CandleWindow, i: number): boolean {
  return (
    all(
      (w.close[i] as number) < (w.close[i - 1] as number),
      (w.close[i - 1] as number) < (w.close[i - 2] as number),
      isBlack(w, i),
      isBlack(w, i - 1),
    ) && isBlack(w, i - 2)
  );
}

/** Candle j opens inside the black body before it. */
function opensInside(w: CandleWindow, j: number): boolean {
  const open = w.open[j] as number;
  return open < (w.open[j - 1] as number) && open > (w.close[j - 1] as number);
}

const THREE_BLACK_CROWS = candlePattern({
  id: 'cdl3blackcrows',
  aliases: ['three_black_crows'],
  title: 'Three black crows',
  explanation:
    'After a white candle three black ones, each opening within the body before it and closing lower, at its low. Steady selling: after a rise it is bearish (-100).',
  rule: '[3] white; [2], [1], [0] black with very short lower shadows and falling closes; [1] and [0] open inside the body before; close[2] < high[3]',
  terms: ['veryShortShadow'],
  source: NISON,
  lookback: 13,
  sums: [ranges10(2), ranges10(1), ranges10(0)],
  scan(w, from, to) {
    const ranges2 = sumAt(w, 0);
    const ranges1 = sumAt(w, 1);
    const ranges0 = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        blackFall(w, i) &&
        isWhite(w, i - 3) &&
        opensInside(w, i) &&
        opensInside(w, i - 1) &&
        (w.close[i - 2] as number) < (w.high[i - 3] as number) &&
        lowerShadow(w, i - 2) < veryShortShadow(ranges2, i) &&
        lowerShadow(w, i - 1) < veryShortShadow(ranges1, i) &&
        lowerShadow(w, i) < veryShortShadow(ranges0, i)
          ? -100
          : 0;
    }
  },
});

/** Candle j opens where the one before it closed. */
function opensAtClose(w: CandleWindow, j: number, reach: number): boolean {
  const open = w.open[j] as number;
  const close = w.close[j - 1] as number;
  return open <= close + reach && open >= close - reach;
}

const IDENTICAL_THREE_CROWS = candlePattern({
  id: 'cdlidentical3crows',
  aliases: ['identical_three_crows'],
  title: 'Identical three crows',
  explanation:
    'Three black crows of which each opens at the close before: the selling does not even pause. In a rise it is bearish (-100), more so than the plain three crows.',
  rule: '[2], [1], [0] black with very short lower shadows and falling closes; open[1] equal to close[2], open[0] equal to close[1]',
  terms: ['veryShortShadow', 'equal'],
  source: MORRIS,
  lookback: 12,
  sums: [ranges10(2), ranges10(1), ranges10(0), ranges5(2), ranges5(1)],
  scan(w, from, to) {
    const ranges2 = sumAt(w, 0);
    const ranges1 = sumAt(w, 1);
    const ranges0 = sumAt(w, 2);
    const recent2 = sumAt(w, 3);
    const recent1 = sumAt(w, 4);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        blackFall(w, i) &&
        opensAtClose(w, i - 1, equal(recent2, i)) &&
        opensAtClose(w, i, equal(recent1, i)) &&
        lowerShadow(w, i - 2) < veryShortShadow(ranges2, i) &&
        lowerShadow(w, i - 1) < veryShortShadow(ranges1, i) &&
        lowerShadow(w, i) < veryShortShadow(ranges0, i)
          ? -100
          : 0;
    }
  },
});

const TWO_CROWS = candlePattern({
  id: 'cdl2crows',
  aliases: ['two_crows'],
  title: 'Two crows',
  explanation:
    'A long white candle, a black one that gaps up, and a black one that opens in its body and closes back in the white one: the gap up did not hold. In a rise it is bearish (-100).',
  rule: '[2] white, long; [1] black, its body gapping up; [0] black, opening inside the body of [1] and closing inside that of [2]',
  terms: ['long'],
  source: MORRIS,
  lookback: 12,
  sums: [bodies10(2)],
  scan(w, from, to) {
    const { open, close } = w;
    const bodies = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(bodyGapUp(w, i - 1, i - 2), isWhite(w, i - 2), isBlack(w, i - 1), isBlack(w, i)) &&
        opensInside(w, i) &&
        (close[i] as number) > (open[i - 2] as number) &&
        (close[i] as number) < (close[i - 2] as number) &&
        body(w, i - 2) > averageBody(bodies, i)
          ? -100
          : 0;
    }
  },
});

const UPSIDE_GAP_TWO_CROWS = candlePattern({
  id: 'cdlupsidegap2crows',
  aliases: ['upside_gap_two_crows'],
  title: 'Upside gap two crows',
  explanation:
    'Above a long white candle two black ones sit like crows on a branch: a small one after a gap up, then one that engulfs it but leaves the gap open. New highs cannot be held; in a rise it is bearish (-100).',
  rule: '[2] white, long; [1] black, short (or average), its body gapping up; [0] black, engulfing the body of [1] and closing above close[2]',
  terms: ['long', 'short'],
  source: NISON,
  lookback: 12,
  sums: [bodies10(2), bodies10(1)],
  scan(w, from, to) {
    const { open, close } = w;
    const long = sumAt(w, 0);
    const short = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(bodyGapUp(w, i - 1, i - 2), isWhite(w, i - 2), isBlack(w, i - 1), isBlack(w, i)) &&
        (open[i] as number) > (open[i - 1] as number) &&
        (close[i] as number) < (close[i - 1] as number) &&
        (close[i] as number) > (close[i - 2] as number) &&
        body(w, i - 2) > averageBody(long, i) &&
        body(w, i - 1) <= averageBody(short, i)
          ? -100
          : 0;
    }
  },
});

export const CROWS: readonly IndicatorDefinition[] = [
  THREE_BLACK_CROWS,
  IDENTICAL_THREE_CROWS,
  TWO_CROWS,
  UPSIDE_GAP_TWO_CROWS,
];
