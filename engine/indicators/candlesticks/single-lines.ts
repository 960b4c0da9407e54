import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  colour,
  lowerShadow,
  shadowAtClose,
  shadowAtOpen,
  shortShadow,
  sumAt,
  upperShadow,
  veryShortShadow,
  all,
  mark,
} from '../kernels/candles.ts';
import { bodies10, ranges10, shadows10 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON, NISON_BEYOND } from './sources.ts';

const LONG_LINE = candlePattern({
  id: 'cdllongline',
  aliases: ['long_line', 'long_line_candle'],
  title: 'Long line candle',
  explanation:
    'A candle with a long body and short shadows: one side held the price from open to close. White (+100) it favours a further rise, black (-100) a further fall.',
  rule: '[0] long with a short upper and a short lower shadow; sign of its colour',
  terms: ['long', 'shortShadow'],
  source: MORRIS,
  lookback: 10,
  sums: [bodies10(0), shadows10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const shadows = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          body(w, i) > averageBody(bodies, i),
          upperShadow(w, i) < shortShadow(shadows, i),
          lowerShadow(w, i) < shortShadow(shadows, i),
        ),
        100 * colour(w, i),
      );
    }
  },
});

const SHORT_LINE = candlePattern({
  id: 'cdlshortline',
  aliases: ['short_line', 'short_line_candle'],
  title: 'Short line candle',
  explanation:
    'A small candle all round: short body, short shadows. It shows a pause; alone it says little. Positive when white, negative when black.',
  rule: '[0] short with a short upper and a short lower shadow; sign of its colour',
  terms: ['short', 'shortShadow'],
  source: MORRIS,
  lookback: 10,
  sums: [bodies10(0), shadows10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const shadows = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          body(w, i) < averageBody(bodies, i),
          upperShadow(w, i) < shortShadow(shadows, i),
          lowerShadow(w, i) < shortShadow(shadows, i),
        ),
        100 * colour(w, i),
      );
    }
  },
});

const MARUBOZU = candlePattern({
  id: 'cdlmarubozu',
  aliases: ['marubozu'],
  title: 'Marubozu',
  explanation:
    'A long body with next to no shadows: the price moved one way from the first trade to the last. White it is strongly bullish, black strongly bearish; most often the move goes on.',
  rule: '[0] long with a very short upper and a very short lower shadow; sign of its colour',
  terms: ['long', 'veryShortShadow'],
  source: MORRIS,
  lookback: 10,
  sums: [bodies10(0), ranges10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          body(w, i) > averageBody(bodies, i),
          upperShadow(w, i) < veryShortShadow(ranges, i),
          lowerShadow(w, i) < veryShortShadow(ranges, i),
        ),
        100 * colour(w, i),
      );
    }
  },
});

const CLOSING_MARUBOZU = candlePattern({
  id: 'cdlclosingmarubozu',
  aliases: ['closing_marubozu'],
  title: 'Closing marubozu',
  explanation:
    'A long body that ends at the extreme of the bar: a white one (+100) closes at its high, a black one (-100) at its low. The winning side was still pressing at the close, so the move tends to go on.',
  rule: '[0] long; white with a very short upper shadow (+) or black with a very short lower shadow (−)',
  terms: ['long', 'veryShortShadow'],
  source: MORRIS,
  lookback: 10,
  sums: [bodies10(0), ranges10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(body(w, i) > averageBody(bodies, i), shadowAtClose(w, i) < veryShortShadow(ranges, i)),
        100 * colour(w, i),
      );
    }
  },
});

const BELT_HOLD = candlePattern({
  id: 'cdlbelthold',
  aliases: ['belt_hold', 'yorikiri'],
  title: 'Belt-hold',
  explanation:
    'A long body that starts at the extreme of the bar: a white one (+100) opens at its low, a black one (-100) at its high. After a move the other way it warns of a turn; the longer the body the more it counts.',
  rule: '[0] long; white with a very short lower shadow (+) or black with a very short upper shadow (−)',
  terms: ['long', 'veryShortShadow'],
  source: NISON,
  lookback: 10,
  sums: [bodies10(0), ranges10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(body(w, i) > averageBody(bodies, i), shadowAtOpen(w, i) < veryShortShadow(ranges, i)),
        100 * colour(w, i),
      );
    }
  },
});

const SPINNING_TOP = candlePattern({
  id: 'cdlspinningtop',
  aliases: ['spinning_top'],
  title: 'Spinning top',
  explanation:
    'A short body between two shadows that are both longer than it: neither side could hold what it won. It shows indecision; after a long move it hints that the move tires. Positive when white, negative when black.',
  rule: '[0] short; both shadows longer than the body; sign of its colour',
  terms: ['short'],
  source: NISON,
  lookback: 10,
  sums: [bodies10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      const size = body(w, i);
      w.marks[i] = mark(
        all(size < averageBody(bodies, i), upperShadow(w, i) > size, lowerShadow(w, i) > size),
        100 * colour(w, i),
      );
    }
  },
});

const HIGH_WAVE = candlePattern({
  id: 'cdlhighwave',
  aliases: ['high_wave', 'high_wave_candle'],
  title: 'High-wave candle',
  explanation:
    'A short body with a very long shadow on both sides: the price was thrown about and ended where it began. The market has lost its direction, so a trend before it is in doubt. Positive when white, negative when black.',
  rule: '[0] short; very long upper and very long lower shadow; sign of its colour',
  terms: ['short', 'veryLongShadow'],
  source: NISON_BEYOND,
  lookback: 10,
  sums: [bodies10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      const size = body(w, i);
      w.marks[i] = mark(
        all(
          size < averageBody(bodies, i),
          upperShadow(w, i) > 2 * size,
          lowerShadow(w, i) > 2 * size,
        ),
        100 * colour(w, i),
      );
    }
  },
});

export const SINGLE_LINES: readonly IndicatorDefinition[] = [
  LONG_LINE,
  SHORT_LINE,
  MARUBOZU,
  CLOSING_MARUBOZU,
  BELT_HOLD,
  SPINNING_TOP,
  HIGH_WAVE,
];
