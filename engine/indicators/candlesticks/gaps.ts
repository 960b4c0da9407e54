import type { IndicatorDefinition } from '../definition.ts';
import {
  all,
  body,
  bodyGapDown,
  bodyGapUp,
  bottom,
  colour,
  equal,
  isWhite,
  near,
  sameColour,
  sumAt,
  top,
} from '../kernels/candles.ts';
import { ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON } from './sources.ts';

const TASUKI_GAP = candlePattern({
  id: 'cdltasukigap',
  aliases: ['tasuki_gap', 'upside_tasuki_gap', 'downside_tasuki_gap'],
  title: 'Tasuki gap',
  explanation:
    'A candle gaps on with the trend, the next of about the same size comes back into the gap without closing it. The gap holds, so the trend goes on: upside gap bullish (+100), downside gap bearish (-100).',
  rule: '[1] white with its body gapping up, or black gapping down; [0] of the other colour, opening inside the body of [1] and closing inside the gap; bodies of [1] and [0] differ by less than near; sign of the colour of [1]',
  terms: ['near'],
  source: NISON,
  lookback: 7,
  sums: [ranges5(1)],
  scan(w, from, to) {
    const { open, close } = w;
    const recent = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const last = close[i] as number;
      const start = open[i] as number;
      const side = colour(w, i - 1);
      if (
        all(
          start < top(w, i - 1),
          start > bottom(w, i - 1),
          ((open[i - 1] as number) - last) * side > 0,
          !sameColour(w, i, i - 1),
        ) &&
        Math.abs(body(w, i - 1) - body(w, i)) < near(recent, i)
      ) {
        if (side === 1) {
          if (bodyGapUp(w, i - 1, i - 2) && last > top(w, i - 2)) mark = 100;
        } else if (bodyGapDown(w, i - 1, i - 2) && last < bottom(w, i - 2)) {
          mark = -100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

const GAP_SIDE_BY_SIDE_WHITE = candlePattern({
  id: 'cdlgapsidesidewhite',
  aliases: ['gap_side_by_side_white', 'side_by_side_white_lines'],
  title: 'Up/down-gap side-by-side white lines',
  explanation:
    'After a gap two white candles of like size stand side by side and leave the gap open. Upwards the rise goes on (+100); downwards the white candles are only short covering and the fall goes on (-100).',
  rule: 'bodies of [1] and [0] both gap up (+) or both gap down (−) from that of [2]; [1] and [0] white, their bodies within near and their opens equal',
  terms: ['near', 'equal'],
  source: NISON,
  lookback: 7,
  sums: [ranges5(1)],
  scan(w, from, to) {
    const { open } = w;
    const recent = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const start = open[i] as number;
      const level = open[i - 1] as number;
      // Equal opens are rarer than gaps, so they settle most bars.
      if (
        all(
          start >= level - equal(recent, i),
          start <= level + equal(recent, i),
          isWhite(w, i - 1),
          isWhite(w, i),
        )
      ) {
        const size = body(w, i);
        const before = body(w, i - 1);
        if (size >= before - near(recent, i) && size <= before + near(recent, i)) {
          if (bodyGapUp(w, i - 1, i - 2) && bodyGapUp(w, i, i - 2)) mark = 100;
          else if (bodyGapDown(w, i - 1, i - 2) && bodyGapDown(w, i, i - 2)) mark = -100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

const SIDE_GAP_THREE_METHODS = candlePattern({
  id: 'cdlxsidegap3methods',
  aliases: ['gap_three_methods', 'upside_gap_three_methods', 'downside_gap_three_methods'],
  title: 'Upside/downside gap three methods',
  explanation:
    'Two candles of one colour with a gap between them, and a third of the other colour that closes the gap at once. It is taken as profit-taking within the trend, which goes on: up bullish (+100), down bearish (-100).',
  rule: '[2] and [1] of one colour, the body of [1] gapping up when white or down when black; [0] of the other colour, opening inside the body of [1] and closing inside that of [2]; sign of the colour of [2]',
  terms: [],
  source: MORRIS,
  lookback: 2,
  sums: [],
  scan(w, from, to) {
    const { open, close, marks } = w;
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const side = colour(w, i - 2);
      const start = open[i] as number;
      const last = close[i] as number;
      if (
        all(
          !sameColour(w, i, i - 1),
          sameColour(w, i - 1, i - 2),
          last < top(w, i - 2),
          last > bottom(w, i - 2),
        ) &&
        start < top(w, i - 1) &&
        start > bottom(w, i - 1) &&
        (side === 1 ? bodyGapUp(w, i - 1, i - 2) : bodyGapDown(w, i - 1, i - 2))
      ) {
        mark = 100 * side;
      }
      marks[i] = mark;
    }
  },
});

export const GAPS: readonly IndicatorDefinition[] = [
  TASUKI_GAP,
  GAP_SIDE_BY_SIDE_WHITE,
  SIDE_GAP_THREE_METHODS,
];
