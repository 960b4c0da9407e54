import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  bodyGapDown,
  bodyGapUp,
  colour,
  dojiBody,
  gapDown,
  gapUp,
  isBlack,
  isWhite,
  sumAt,
  type CandleWindow,
  all,
} from '../kernels/candles.ts';
import { bodies10, ranges10 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { NISON } from './sources.ts';

const DOJI_STAR = candlePattern({
  id: 'cdldojistar',
  aliases: ['doji_star'],
  title: 'Doji star',
  explanation:
    'A doji that gaps away from a long body, on with its direction: the trend meets balance all of a sudden. It warns of a turn: bullish (+100) under a black body, bearish (-100) above a white one. The next bar decides.',
  rule: '[1] long; [0] doji, its body gapping up from a white [1] (−) or down from a black [1] (+)',
  terms: ['long', 'doji'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), ranges10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (all(body(w, i) <= dojiBody(ranges, i), body(w, i - 1) > averageBody(bodies, i))) {
        if (isWhite(w, i - 1)) {
          if (bodyGapUp(w, i, i - 1)) mark = -100;
        } else if (bodyGapDown(w, i, i - 1)) {
          mark = 100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

/** A white candle that closes more than `penetration` of the black first body above its close. */
function recovers(w: CandleWindow, i: number): boolean {
  return (
    isWhite(w, i) &&
    (w.close[i] as number) >
      (w.close[i - 2] as number) + body(w, i - 2) * (w.penetration[0] as number)
  );
}

/** A black candle that closes more than `penetration` of the white first body below its close. */
function givesBack(w: CandleWindow, i: number): boolean {
  return (
    isBlack(w, i) &&
    (w.close[i] as number) <
      (w.close[i - 2] as number) - body(w, i - 2) * (w.penetration[0] as number)
  );
}

const MORNING_STAR = candlePattern({
  id: 'cdlmorningstar',
  aliases: ['morning_star'],
  title: 'Morning star',
  explanation:
    'A long black candle, a small body below it, then a white candle that closes well into the first body: selling stopped and buyers took over. After a fall it is bullish (+100). `penetration` is the share of the first body that the last close must regain.',
  rule: '[2] black, long; [1] short (or average), its body gapping down; [0] white, not short, close > close[2] + penetration × body[2]',
  terms: ['long', 'short'],
  source: NISON,
  lookback: 12,
  penetration: 0.3,
  sums: [bodies10(2), bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const first = sumAt(w, 0);
    const star = sumAt(w, 1);
    const last = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          bodyGapDown(w, i - 1, i - 2),
          isBlack(w, i - 2),
          body(w, i - 2) > averageBody(first, i),
          body(w, i - 1) <= averageBody(star, i),
        ) &&
        body(w, i) > averageBody(last, i) &&
        recovers(w, i)
          ? 100
          : 0;
    }
  },
});

const EVENING_STAR = candlePattern({
  id: 'cdleveningstar',
  aliases: ['evening_star'],
  title: 'Evening star',
  explanation:
    'A long white candle, a small body above it, then a black candle that closes well into the first body: buying stopped and sellers took over. After a rise it is bearish (-100). `penetration` is the share of the first body that the last close must give back.',
  rule: '[2] white, long; [1] short (or average), its body gapping up; [0] black, not short, close < close[2] − penetration × body[2]',
  terms: ['long', 'short'],
  source: NISON,
  lookback: 12,
  penetration: 0.3,
  sums: [bodies10(2), bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const first = sumAt(w, 0);
    const star = sumAt(w, 1);
    const last = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          bodyGapUp(w, i - 1, i - 2),
          isWhite(w, i - 2),
          body(w, i - 2) > averageBody(first, i),
          body(w, i - 1) <= averageBody(star, i),
        ) &&
        body(w, i) > averageBody(last, i) &&
        givesBack(w, i)
          ? -100
          : 0;
    }
  },
});

const MORNING_DOJI_STAR = candlePattern({
  id: 'cdlmorningdojistar',
  aliases: ['morning_doji_star'],
  title: 'Morning doji star',
  explanation:
    'A morning star whose middle candle is a doji. The full balance in the middle makes it a stronger sign than the plain one: bullish (+100) after a fall. `penetration` is the share of the first body that the last close must regain.',
  rule: '[2] black, long; [1] doji, its body gapping down; [0] white, not short, close > close[2] + penetration × body[2]',
  terms: ['long', 'short', 'doji'],
  source: NISON,
  lookback: 12,
  penetration: 0.3,
  sums: [bodies10(2), ranges10(1), bodies10(0)],
  scan(w, from, to) {
    const first = sumAt(w, 0);
    const star = sumAt(w, 1);
    const last = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          bodyGapDown(w, i - 1, i - 2),
          isBlack(w, i - 2),
          body(w, i - 1) <= dojiBody(star, i),
          body(w, i - 2) > averageBody(first, i),
        ) &&
        body(w, i) > averageBody(last, i) &&
        recovers(w, i)
          ? 100
          : 0;
    }
  },
});

const EVENING_DOJI_STAR = candlePattern({
  id: 'cdleveningdojistar',
  aliases: ['evening_doji_star'],
  title: 'Evening doji star',
  explanation:
    'An evening star whose middle candle is a doji. The full balance in the middle makes it a stronger sign than the plain one: bearish (-100) after a rise. `penetration` is the share of the first body that the last close must give back.',
  rule: '[2] white, long; [1] doji, its body gapping up; [0] black, not short, close < close[2] − penetration × body[2]',
  terms: ['long', 'short', 'doji'],
  source: NISON,
  lookback: 12,
  penetration: 0.3,
  sums: [bodies10(2), ranges10(1), bodies10(0)],
  scan(w, from, to) {
    const first = sumAt(w, 0);
    const star = sumAt(w, 1);
    const last = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          bodyGapUp(w, i - 1, i - 2),
          isWhite(w, i - 2),
          body(w, i - 1) <= dojiBody(star, i),
          body(w, i - 2) > averageBody(first, i),
        ) &&
        body(w, i) > averageBody(last, i) &&
        givesBack(w, i)
          ? -100
          : 0;
    }
  },
});

const ABANDONED_BABY = candlePattern({
  id: 'cdlabandonedbaby',
  aliases: ['abandoned_baby'],
  title: 'Abandoned baby',
  explanation:
    'A doji star that stands alone: gaps on both sides part it from its neighbours, shadows and all. Below them it is strongly bullish (+100), above them strongly bearish (-100). It is very rare. `penetration` is the share of the first body that the last close must take back.',
  rule: '[2] long; [1] doji with a gap, shadows included, to both neighbours; [0] not short, of the other colour than [2], closing more than penetration × body[2] back into it; sign of the colour of [0]',
  terms: ['long', 'short', 'doji'],
  source: NISON,
  lookback: 12,
  penetration: 0.3,
  sums: [bodies10(2), ranges10(1), bodies10(0)],
  scan(w, from, to) {
    const first = sumAt(w, 0);
    const star = sumAt(w, 1);
    const last = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      const top = gapUp(w, i - 1, i - 2) && gapDown(w, i, i - 1);
      const alone = top || (gapDown(w, i - 1, i - 2) && gapUp(w, i, i - 1));
      w.marks[i] =
        alone &&
        body(w, i - 1) <= dojiBody(star, i) &&
        body(w, i - 2) > averageBody(first, i) &&
        body(w, i) > averageBody(last, i) &&
        (top ? isWhite(w, i - 2) && givesBack(w, i) : isBlack(w, i - 2) && recovers(w, i))
          ? 100 * colour(w, i)
          : 0;
    }
  },
});

export const STARS: readonly IndicatorDefinition[] = [
  DOJI_STAR,
  MORNING_STAR,
  EVENING_STAR,
  MORNING_DOJI_STAR,
  EVENING_DOJI_STAR,
  ABANDONED_BABY,
];
