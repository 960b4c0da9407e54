import type { IndicatorDefinition } from '../definition.ts';
import {
  body,
  bodyGapDown,
  bodyGapUp,
  bottom,
  dojiBody,
  lowerShadow,
  near,
  sumAt,
  top,
  upperShadow,
  veryShortShadow,
  all,
  mark,
} from '../kernels/candles.ts';
import { ranges10, ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON, NISON_BEYOND } from './sources.ts';

const DOJI = candlePattern({
  id: 'cdldoji',
  aliases: ['doji'],
  title: 'Doji',
  explanation:
    'Open and close are all but equal: buyers and sellers are in balance. It is neither bullish nor bearish (+100 marks it only); after a long move it warns that the move may end. A bar without range is a doji too.',
  rule: '[0] doji',
  terms: ['doji'],
  source: NISON,
  lookback: 10,
  sums: [ranges10(0)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(body(w, i) <= dojiBody(ranges, i), 100);
    }
  },
});

const DRAGONFLY_DOJI = candlePattern({
  id: 'cdldragonflydoji',
  aliases: ['dragonfly_doji'],
  title: 'Dragonfly doji',
  explanation:
    'A doji at the top of its bar: sellers drove the price down and buyers brought it all the way back. At the end of a fall it is bullish; +100 marks it wherever it stands.',
  rule: '[0] doji; very short upper shadow; lower shadow not very short',
  terms: ['doji', 'veryShortShadow'],
  source: NISON_BEYOND,
  lookback: 10,
  sums: [ranges10(0)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          body(w, i) <= dojiBody(ranges, i),
          upperShadow(w, i) < veryShortShadow(ranges, i),
          lowerShadow(w, i) > veryShortShadow(ranges, i),
        ),
        100,
      );
    }
  },
});

const GRAVESTONE_DOJI = candlePattern({
  id: 'cdlgravestonedoji',
  aliases: ['gravestone_doji'],
  title: 'Gravestone doji',
  explanation:
    'A doji at the bottom of its bar: buyers drove the price up and lost all of it by the close. At the end of a rise it is bearish; +100 marks it wherever it stands.',
  rule: '[0] doji; very short lower shadow; upper shadow not very short',
  terms: ['doji', 'veryShortShadow'],
  source: NISON,
  lookback: 10,
  sums: [ranges10(0)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          body(w, i) <= dojiBody(ranges, i),
          lowerShadow(w, i) < veryShortShadow(ranges, i),
          upperShadow(w, i) > veryShortShadow(ranges, i),
        ),
        100,
      );
    }
  },
});

const LONG_LEGGED_DOJI = candlePattern({
  id: 'cdllongleggeddoji',
  aliases: ['long_legged_doji'],
  title: 'Long-legged doji',
  explanation:
    'A doji with at least one long shadow: a wide swing that ended where it started. It shows a market without direction; after a trend a turn becomes likelier. +100 marks it, without a side.',
  rule: '[0] doji; a long upper or a long lower shadow',
  terms: ['doji', 'longShadow'],
  source: NISON,
  lookback: 10,
  sums: [ranges10(0)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      const size = body(w, i);
      w.marks[i] = mark(
        all(size <= dojiBody(ranges, i), lowerShadow(w, i) > size || upperShadow(w, i) > size),
        100,
      );
    }
  },
});

const RICKSHAW_MAN = candlePattern({
  id: 'cdlrickshawman',
  aliases: ['rickshaw_man'],
  title: 'Rickshaw man',
  explanation:
    'A doji with two long shadows and its body near the middle of the range: complete indecision. Like other dojis it puts a trend before it in doubt. +100 marks it, without a side.',
  rule: '[0] doji; long upper and long lower shadow; body within near of the middle of the range',
  terms: ['doji', 'longShadow', 'near'],
  source: NISON,
  lookback: 10,
  sums: [ranges10(0), ranges5(0)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    const recent = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const size = body(w, i);
      if (all(size <= dojiBody(ranges, i), lowerShadow(w, i) > size, upperShadow(w, i) > size)) {
        const low = w.low[i] as number;
        const half = ((w.high[i] as number) - low) / 2;
        if (
          bottom(w, i) <= low + half + near(recent, i) &&
          top(w, i) >= low + half - near(recent, i)
        ) {
          mark = 100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

const TAKURI = candlePattern({
  id: 'cdltakuri',
  aliases: ['takuri', 'takuri_line'],
  title: 'Takuri',
  explanation:
    'A dragonfly doji with a very long lower shadow, as if the price had felt for the bottom and found it. At the end of a fall it is bullish; +100 marks it wherever it stands.',
  rule: '[0] doji; very short upper shadow; very long lower shadow',
  terms: ['doji', 'veryShortShadow', 'veryLongShadow'],
  source: MORRIS,
  lookback: 10,
  sums: [ranges10(0)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      const size = body(w, i);
      w.marks[i] = mark(
        all(
          size <= dojiBody(ranges, i),
          upperShadow(w, i) < veryShortShadow(ranges, i),
          lowerShadow(w, i) > 2 * size,
        ),
        100,
      );
    }
  },
});

const TRISTAR = candlePattern({
  id: 'cdltristar',
  aliases: ['tristar', 'tri_star'],
  title: 'Tristar',
  explanation:
    'Three dojis in a row, the middle one standing apart: below the others it is bullish (+100), above them bearish (-100). It is rare; after a long trend three balanced bars say that its force is spent.',
  rule: '[2], [1], [0] doji, measured by the range before [2]; body of [1] gaps above [2] and [0] tops out lower (−), or it gaps below and [0] bottoms out higher (+)',
  terms: ['doji'],
  source: NISON,
  lookback: 12,
  sums: [ranges10(2)],
  scan(w, from, to) {
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const limit = dojiBody(ranges, i);
      if (all(body(w, i) <= limit, body(w, i - 1) <= limit, body(w, i - 2) <= limit)) {
        if (bodyGapUp(w, i - 1, i - 2) && top(w, i) < top(w, i - 1)) mark = -100;
        if (bodyGapDown(w, i - 1, i - 2) && bottom(w, i) > bottom(w, i - 1)) mark = 100;
      }
      w.marks[i] = mark;
    }
  },
});

export const DOJIS: readonly IndicatorDefinition[] = [
  DOJI,
  DRAGONFLY_DOJI,
  GRAVESTONE_DOJI,
  LONG_LEGGED_DOJI,
  RICKSHAW_MAN,
  TAKURI,
  TRISTAR,
];
