import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  bodyGapDown,
  bodyGapUp,
  bottom,
  colour,
  isBlack,
  isWhite,
  sameColour,
  sumAt,
  top,
  upperShadow,
  veryShortShadow,
  type CandleWindow,
  all,
} from '../kernels/candles.ts';
import { bodies10, ranges10 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON } from './sources.ts';

/** Part of the body of candle j lies within the whole range of candle k. */
function holdsWithin(w: CandleWindow, j: number, k: number): boolean {
  return bottom(w, j) < (w.high[k] as number) && top(w, j) > (w.low[k] as number);
}

const RISING_FALLING_THREE_METHODS = candlePattern({
  id: 'cdlrisefall3methods',
  aliases: ['rising_falling_three_methods', 'rising_three_methods', 'falling_three_methods'],
  title: 'Rising/falling three methods',
  explanation:
    'A long candle with the trend, three small ones against it that stay in its range, and a long one that closes beyond the first. A rest within the trend, which goes on: rising it is bullish (+100), falling bearish (-100).',
  rule: '[4] and [0] long, of one colour; [3], [2], [1] short, of the other colour, each with part of its body in the range of [4], closes moving against [4]; [0] opens beyond close[1] and closes beyond close[4], in the direction of [4]; sign of the colour of [4]',
  terms: ['long', 'short'],
  source: NISON,
  lookback: 14,
  sums: [bodies10(4), bodies10(3), bodies10(2), bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const { open, close } = w;
    const bodies4 = sumAt(w, 0);
    const bodies3 = sumAt(w, 1);
    const bodies2 = sumAt(w, 2);
    const bodies1 = sumAt(w, 3);
    const bodies0 = sumAt(w, 4);
    for (let i = from; i < to; i += 1) {
      const side = colour(w, i - 4);
      const last = close[i] as number;
      w.marks[i] =
        all(
          (last - (close[i - 4] as number)) * side > 0,
          sameColour(w, i, i - 4),
          !sameColour(w, i, i - 1),
          !sameColour(w, i, i - 2),
        ) &&
        !sameColour(w, i, i - 3) &&
        ((close[i - 3] as number) - (close[i - 2] as number)) * side > 0 &&
        ((close[i - 2] as number) - (close[i - 1] as number)) * side > 0 &&
        ((open[i] as number) - (close[i - 1] as number)) * side > 0 &&
        body(w, i - 4) > averageBody(bodies4, i) &&
        body(w, i - 3) < averageBody(bodies3, i) &&
        body(w, i - 2) < averageBody(bodies2, i) &&
        body(w, i - 1) < averageBody(bodies1, i) &&
        body(w, i) > averageBody(bodies0, i) &&
        holdsWithin(w, i - 3, i - 4) &&
        holdsWithin(w, i - 2, i - 4) &&
        holdsWithin(w, i - 1, i - 4)
          ? 100 * side
          : 0;
    }
  },
});

const MAT_HOLD = candlePattern({
  id: 'cdlmathold',
  aliases: ['mat_hold'],
  title: 'Mat hold',
  explanation:
    'A long white candle, a small black one after a gap up, two more small ones that drift down but hold in the upper part of the first, and a white one that closes above them all. The rise goes on: bullish (+100). `penetration` is the share of the first body that the pullback may give back.',
  rule: '[4] white, long; [3] black, its body gapping up; [3], [2], [1] short with falling tops; bodies of [2] and [1] end below close[4] but above close[4] − penetration × body[4]; [0] white, open > close[1], close > the highs of [3], [2], [1]',
  terms: ['long', 'short'],
  source: MORRIS,
  lookback: 14,
  penetration: 0.5,
  sums: [bodies10(4), bodies10(3), bodies10(2), bodies10(1)],
  scan(w, from, to) {
    const { open, high, close } = w;
    const penetration = w.penetration[0] as number;
    const bodies4 = sumAt(w, 0);
    const bodies3 = sumAt(w, 1);
    const bodies2 = sumAt(w, 2);
    const bodies1 = sumAt(w, 3);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      if (
        bodyGapUp(w, i - 3, i - 4) &&
        isWhite(w, i - 4) &&
        isBlack(w, i - 3) &&
        isWhite(w, i) &&
        body(w, i - 4) > averageBody(bodies4, i) &&
        body(w, i - 3) < averageBody(bodies3, i) &&
        body(w, i - 2) < averageBody(bodies2, i) &&
        body(w, i - 1) < averageBody(bodies1, i)
      ) {
        const level = close[i - 4] as number;
        const floor = level - body(w, i - 4) * penetration;
        const last = close[i] as number;
        if (
          bottom(w, i - 2) < level &&
          bottom(w, i - 1) < level &&
          bottom(w, i - 2) > floor &&
          bottom(w, i - 1) > floor &&
          top(w, i - 2) < (open[i - 3] as number) &&
          top(w, i - 1) < top(w, i - 2) &&
          (open[i] as number) > (close[i - 1] as number) &&
          last > (high[i - 3] as number) &&
          last > (high[i - 2] as number) &&
          last > (high[i - 1] as number)
        ) {
          mark = 100;
        }
      }
      w.marks[i] = mark;
    }
  },
});

/** Both ends of candle j lie lower (side 1) or higher (side -1) than those of the one before. */
function stepsOn({ high, low }: CandleWindow, j: number, side: number): boolean {
  return (
    ((high[j - 1] as number) - (high[j] as number)) * side > 0 &&
    ((low[j - 1] as number) - (low[j] as number)) * side > 0
  );
}

const BREAKAWAY = candlePattern({
  id: 'cdlbreakaway',
  aliases: ['breakaway'],
  title: 'Breakaway',
  explanation:
    'A long candle, a gap on with the trend, two more steps in its direction, then one candle that runs back into the gap. The trend was overdone: a white last candle after a fall is bullish (+100), a black one after a rise bearish (-100).',
  rule: '[4] long; [3] of its colour, its body gapping on; [2] and [1] with both high and low further on; [1] of that colour too; [0] of the other colour, closing inside the gap between [4] and [3]; sign of the colour of [0]',
  terms: ['long'],
  source: MORRIS,
  lookback: 14,
  sums: [bodies10(4)],
  scan(w, from, to) {
    const { open, close } = w;
    const bodies = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      // The last candle points against the trend: 1 after a fall.
      const side = colour(w, i);
      const last = close[i] as number;
      w.marks[i] =
        all(
          (last - (open[i - 3] as number)) * side > 0,
          ((close[i - 4] as number) - last) * side > 0,
          !sameColour(w, i, i - 4),
          !sameColour(w, i, i - 3),
        ) &&
        !sameColour(w, i, i - 1) &&
        (side === 1 ? bodyGapDown(w, i - 3, i - 4) : bodyGapUp(w, i - 3, i - 4)) &&
        stepsOn(w, i - 2, side) &&
        stepsOn(w, i - 1, side) &&
        body(w, i - 4) > averageBody(bodies, i)
          ? 100 * side
          : 0;
    }
  },
});

const LADDER_BOTTOM = candlePattern({
  id: 'cdlladderbottom',
  aliases: ['ladder_bottom'],
  title: 'Ladder bottom',
  explanation:
    'Three black candles that step down, a fourth black one that first tried to rise, and a white one that gaps over it and closes above its high. Sellers have had their fill: after a fall bullish (+100).',
  rule: '[4], [3], [2] black with falling opens and closes; [1] black with an upper shadow that is not very short; [0] white, open > open[1], close > high[1]',
  terms: ['veryShortShadow'],
  source: MORRIS,
  lookback: 14,
  sums: [ranges10(1)],
  scan(w, from, to) {
    const { open, high, close } = w;
    const ranges = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          (close[i] as number) > (high[i - 1] as number),
          (open[i] as number) > (open[i - 1] as number),
          isWhite(w, i),
          isBlack(w, i - 1),
        ) &&
        isBlack(w, i - 2) &&
        isBlack(w, i - 3) &&
        isBlack(w, i - 4) &&
        (open[i - 4] as number) > (open[i - 3] as number) &&
        (open[i - 3] as number) > (open[i - 2] as number) &&
        (close[i - 4] as number) > (close[i - 3] as number) &&
        (close[i - 3] as number) > (close[i - 2] as number) &&
        upperShadow(w, i - 1) > veryShortShadow(ranges, i)
          ? 100
          : 0;
    }
  },
});

export const METHODS: readonly IndicatorDefinition[] = [
  RISING_FALLING_THREE_METHODS,
  MAT_HOLD,
  BREAKAWAY,
  LADDER_BOTTOM,
];
