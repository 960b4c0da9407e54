import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  colour,
  equal,
  gapDown,
  gapUp,
  isBlack,
  isWhite,
  lowerShadow,
  sameColour,
  shadowAtOpen,
  sumAt,
  upperShadow,
  veryShortShadow,
  type CandleWindow,
  all,
  mark,
} from '../kernels/candles.ts';
import { bodies10, ranges10, ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON } from './sources.ts';

const COUNTERATTACK = candlePattern({
  id: 'cdlcounterattack',
  aliases: ['counterattack', 'counterattack_lines'],
  title: 'Counterattack lines',
  explanation:
    'Two long candles of opposite colours that close at the same price: the second gapped on with the trend and was driven all the way back to the last close. White it is bullish after a fall (+100), black bearish after a rise (-100).',
  rule: '[1] and [0] long, of opposite colours, closes equal; sign of the colour of [0]',
  terms: ['long', 'equal'],
  source: NISON,
  lookback: 11,
  sums: [ranges5(1), bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const { close } = w;
    const recent = sumAt(w, 0);
    const before = sumAt(w, 1);
    const now = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      const level = close[i - 1] as number;
      w.marks[i] =
        all(
          (close[i] as number) <= level + equal(recent, i),
          (close[i] as number) >= level - equal(recent, i),
          !sameColour(w, i, i - 1),
        ) &&
        body(w, i - 1) > averageBody(before, i) &&
        body(w, i) > averageBody(now, i)
          ? 100 * colour(w, i)
          : 0;
    }
  },
});

const SEPARATING_LINES = candlePattern({
  id: 'cdlseparatinglines',
  aliases: ['separating_lines'],
  title: 'Separating lines',
  explanation:
    'A candle against the trend, then a long one of the other colour that opens at the same price and runs away from it without a shadow at its open. The trend resumes: up when the second is white (+100), down when black (-100).',
  rule: '[1] and [0] of opposite colours, opens equal; [0] long, with a very short shadow at its open; sign of its colour',
  terms: ['long', 'veryShortShadow', 'equal'],
  source: NISON,
  lookback: 11,
  sums: [ranges5(1), bodies10(0), ranges10(0)],
  scan(w, from, to) {
    const { open } = w;
    const recent = sumAt(w, 0);
    const bodies = sumAt(w, 1);
    const ranges = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      const level = open[i - 1] as number;
      w.marks[i] =
        all(
          (open[i] as number) <= level + equal(recent, i),
          (open[i] as number) >= level - equal(recent, i),
          !sameColour(w, i, i - 1),
        ) &&
        body(w, i) > averageBody(bodies, i) &&
        shadowAtOpen(w, i) < veryShortShadow(ranges, i)
          ? 100 * colour(w, i)
          : 0;
    }
  },
});

/** A gap between candles i - 1 and i with the colour of candle i, which the other has not. */
function kicks(w: CandleWindow, i: number): boolean {
  if (gapUp(w, i, i - 1)) return isWhite(w, i) && isBlack(w, i - 1);
  return gapDown(w, i, i - 1) && isBlack(w, i) && isWhite(w, i - 1);
}

const KICKING_SUMS = [bodies10(1), bodies10(0), ranges10(1), ranges10(0)];

/** Whether candles i - 1 and i are both marubozus, by the sums of `KICKING_SUMS`. */
function twoMarubozus(w: CandleWindow, i: number): boolean {
  const before = veryShortShadow(sumAt(w, 2), i);
  const now = veryShortShadow(sumAt(w, 3), i);
  return (
    body(w, i - 1) > averageBody(sumAt(w, 0), i) &&
    body(w, i) > averageBody(sumAt(w, 1), i) &&
    upperShadow(w, i - 1) < before &&
    lowerShadow(w, i - 1) < before &&
    upperShadow(w, i) < now &&
    lowerShadow(w, i) < now
  );
}

const KICKING = candlePattern({
  id: 'cdlkicking',
  aliases: ['kicking', 'kicker'],
  title: 'Kicking',
  explanation:
    'Two marubozus of opposite colours with a gap between them: the market jumped to the other side at once. Up it is strongly bullish (+100), down strongly bearish (-100), whatever the trend before.',
  rule: '[1] and [0] marubozus of opposite colours; [0] white gaps up or black gaps down; sign of the colour of [0]',
  terms: ['long', 'veryShortShadow'],
  source: MORRIS,
  lookback: 11,
  sums: KICKING_SUMS,
  scan(w, from, to) {
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(kicks(w, i) && twoMarubozus(w, i), 100 * colour(w, i));
    }
  },
});

const KICKING_BY_LENGTH = candlePattern({
  id: 'cdlkickingbylength',
  aliases: ['kicking_by_length'],
  title: 'Kicking, by the longer marubozu',
  explanation:
    'The kicking pattern, read by the longer of its two marubozus: bullish (+100) when that one is white, bearish (-100) when it is black. With equal lengths the first decides.',
  rule: '[1] and [0] marubozus of opposite colours; [0] white gaps up or black gaps down; sign of the colour of the longer body',
  terms: ['long', 'veryShortShadow'],
  source: MORRIS,
  lookback: 11,
  sums: KICKING_SUMS,
  scan(w, from, to) {
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        kicks(w, i) && twoMarubozus(w, i)
          ? 100 * colour(w, body(w, i) > body(w, i - 1) ? i : i - 1)
          : 0;
    }
  },
});

const MATCHING_LOW = candlePattern({
  id: 'cdlmatchinglow',
  aliases: ['matching_low'],
  title: 'Matching low',
  explanation:
    'Two black candles that close at the same price: sellers could not get below it a second time, so it acts as support. In a decline it is bullish (+100).',
  rule: '[1] and [0] black, closes equal',
  terms: ['equal'],
  source: MORRIS,
  lookback: 6,
  sums: [ranges5(1)],
  scan(w, from, to) {
    const { close } = w;
    const recent = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      const level = close[i - 1] as number;
      w.marks[i] = mark(
        all(
          (close[i] as number) <= level + equal(recent, i),
          (close[i] as number) >= level - equal(recent, i),
          isBlack(w, i - 1),
          isBlack(w, i),
        ),
        100,
      );
    }
  },
});

export const OPPOSITE_LINES: readonly IndicatorDefinition[] = [
  COUNTERATTACK,
  SEPARATING_LINES,
  KICKING,
  KICKING_BY_LENGTH,
  MATCHING_LOW,
];
