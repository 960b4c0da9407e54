import type { IndicatorDefinition } from '../definition.ts';
import {
  all,
  averageBody,
  body,
  bottom,
  colour,
  dojiBody,
  isBlack,
  isWhite,
  sameColour,
  sumAt,
  top,
  type CandleWindow,
} from '../kernels/candles.ts';
import { bodies10, ranges10 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON } from './sources.ts';

const ENGULFING = candlePattern({
  id: 'cdlengulfing',
  aliases: ['engulfing', 'engulfing_pattern'],
  title: 'Engulfing pattern',
  explanation:
    'A body that covers the whole body of the other colour before it: the market changed hands within one bar. White over black after a fall is bullish (+100), black over white after a rise bearish (-100); ±80 where the bodies are equal at one end. The trend before it is not tested.',
  rule: '[1] and [0] of opposite colours; body of [0] reaches as far as that of [1] at both ends and further at one or both; ±100 when at both, ±80 when one end is equal; sign of the colour of [0]',
  terms: [],
  source:
    'Nison, Japanese Candlestick Charting Techniques (1991); equal ends after Morris, Candlestick Charting Explained; TA-Lib CDLENGULFING',
  lookback: 2,
  sums: [],
  scan(w, from, to) {
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const above = top(w, i) - top(w, i - 1);
      const below = bottom(w, i - 1) - bottom(w, i);
      if (all(above >= 0, below >= 0, !sameColour(w, i, i - 1))) {
        if (above > 0 && below > 0) mark = 100 * colour(w, i);
        else if (above > 0 || below > 0) mark = 80 * colour(w, i);
      }
      w.marks[i] = mark;
    }
  },
});

/** 100 where the body of candle i lies within the one before, 80 where one or both ends are equal, else 0. */
function within(w: CandleWindow, i: number): number {
  const above = top(w, i - 1) - top(w, i);
  const below = bottom(w, i) - bottom(w, i - 1);
  if (above > 0 && below > 0) return 100;
  return above >= 0 && below >= 0 ? 80 : 0;
}

const HARAMI = candlePattern({
  id: 'cdlharami',
  aliases: ['harami', 'harami_pattern'],
  title: 'Harami',
  explanation:
    'A short body within the long body before it, whatever its own colour: the move has lost its drive. After a long black body it is bullish (+100), after a white one bearish (-100); ±80 where the bodies are equal at an end. It is a weaker sign than an engulfing.',
  rule: '[1] long; [0] short (or average), its body within that of [1]; ±80 when an end is equal; sign against the colour of [1]',
  terms: ['long', 'short'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const before = sumAt(w, 0);
    const now = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (all(body(w, i - 1) > averageBody(before, i), body(w, i) <= averageBody(now, i))) {
        const size = within(w, i);
        if (size > 0) mark = -size * colour(w, i - 1);
      }
      w.marks[i] = mark;
    }
  },
});

const HARAMI_CROSS = candlePattern({
  id: 'cdlharamicross',
  aliases: ['harami_cross'],
  title: 'Harami cross',
  explanation:
    'A harami whose second candle is a doji: after a long body the market stands in balance. It is taken more seriously than a plain harami; bullish (+100) after a black body, bearish (-100) after a white one, ±80 where an end is equal.',
  rule: '[1] long; [0] doji within the body of [1]; ±80 when an end is equal; sign against the colour of [1]',
  terms: ['long', 'doji'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), ranges10(0)],
  scan(w, from, to) {
    const before = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (all(body(w, i) <= dojiBody(ranges, i), body(w, i - 1) > averageBody(before, i))) {
        const size = within(w, i);
        if (size > 0) mark = -size * colour(w, i - 1);
      }
      w.marks[i] = mark;
    }
  },
});

const HOMING_PIGEON = candlePattern({
  id: 'cdlhomingpigeon',
  aliases: ['homing_pigeon'],
  title: 'Homing pigeon',
  explanation:
    'Two black candles, the second short and within the body of the first: in a fall the selling dries up. It is bullish (+100), best confirmed by a higher close.',
  rule: '[1] black, long; [0] black, short (or average), its body within that of [1]',
  terms: ['long', 'short'],
  source: MORRIS,
  lookback: 11,
  sums: [bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const { open, close } = w;
    const before = sumAt(w, 0);
    const now = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          isBlack(w, i - 1),
          isBlack(w, i),
          (open[i] as number) < (open[i - 1] as number),
          (close[i] as number) > (close[i - 1] as number),
        ) &&
        body(w, i - 1) > averageBody(before, i) &&
        body(w, i) <= averageBody(now, i)
          ? 100
          : 0;
    }
  },
});

const THREE_INSIDE = candlePattern({
  id: 'cdl3inside',
  aliases: ['three_inside', 'three_inside_up', 'three_inside_down'],
  title: 'Three inside up/down',
  explanation:
    'A harami and its confirmation: after a long body and a short one within it, the third candle closes beyond the open of the first. Up (+100) after a black first candle, down (-100) after a white one; a turn that has begun.',
  rule: '[2] long; [1] short (or average), its body within that of [2]; [0] of the other colour than [2], closing beyond the open of [2]; sign of the colour of [0]',
  terms: ['long', 'short'],
  source: MORRIS,
  lookback: 12,
  sums: [bodies10(2), bodies10(1)],
  scan(w, from, to) {
    const { open, close } = w;
    const long = sumAt(w, 0);
    const short = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (
        all(
          top(w, i - 1) < top(w, i - 2),
          bottom(w, i - 1) > bottom(w, i - 2),
          body(w, i - 2) > averageBody(long, i),
          body(w, i - 1) <= averageBody(short, i),
        )
      ) {
        const last = close[i] as number;
        const level = open[i - 2] as number;
        if (isWhite(w, i - 2)) {
          if (isBlack(w, i) && last < level) mark = -100;
        } else if (isWhite(w, i) && last > level) {
          mark = 100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

const THREE_OUTSIDE = candlePattern({
  id: 'cdl3outside',
  aliases: ['three_outside', 'three_outside_up', 'three_outside_down'],
  title: 'Three outside up/down',
  explanation:
    'An engulfing and its confirmation: the third candle closes further in the direction of the second. Up it is bullish (+100), down bearish (-100); the turn has already been tested for one bar.',
  rule: '[1] engulfs the body of [2], which has the other colour, at both ends; close of [0] beyond that of [1]; sign of the colour of [1]',
  terms: [],
  source: MORRIS,
  lookback: 3,
  sums: [],
  scan(w, from, to) {
    const { close, marks } = w;
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (
        all(
          top(w, i - 1) > top(w, i - 2),
          bottom(w, i - 1) < bottom(w, i - 2),
          !sameColour(w, i - 1, i - 2),
        )
      ) {
        const side = colour(w, i - 1);
        if (((close[i] as number) - (close[i - 1] as number)) * side > 0) mark = 100 * side;
      }
      marks[i] = mark;
    }
  },
});

export const INSIDE_OUTSIDE: readonly IndicatorDefinition[] = [
  ENGULFING,
  HARAMI,
  HARAMI_CROSS,
  HOMING_PIGEON,
  THREE_INSIDE,
  THREE_OUTSIDE,
];
