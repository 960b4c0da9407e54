import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  bottom,
  colour,
  far,
  isWhite,
  near,
  shortShadow,
  sameColour,
  sumAt,
  top,
  upperShadow,
  veryShortShadow,
  type CandleWindow,
  all,
} from '../kernels/candles.ts';
import { bodies10, ranges10, ranges5, shadows10 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { MORRIS, NISON } from './sources.ts';

/** Three white candles up to candle i, each closing above the one before. */
function whiteClimb(w: CandleWindow, i: number): boolean {
  return (
    all(isWhite(w, i), isWhite(w, i - 1), isWhite(w, i - 2)) &&
    all(
      (w.close[i] as number) > (w.close[i - 1] as number),
      (w.close[i - 1] as number) > (w.close[i - 2] as number),
    )
  );
}

/** Candle j opens above the open of the white one before it, within its body or near above it. */
function opensWithin(w: CandleWindow, j: number, reach: number): boolean {
  const open = w.open[j] as number;
  return open > (w.open[j - 1] as number) && open <= (w.close[j - 1] as number) + reach;
}

const THREE_WHITE_SOLDIERS = candlePattern({
  id: 'cdl3whitesoldiers',
  aliases: ['three_white_soldiers', 'three_advancing_white_soldiers'],
  title: 'Three advancing white soldiers',
  explanation:
    'Three white candles in a row, each opening within or near the body before it and closing higher, near its high. A steady advance: after a fall or a quiet spell it is bullish (+100).',
  rule: '[2], [1], [0] white with very short upper shadows and rising closes; [1] and [0] open above the open before, up to the close before + near, with bodies not far shorter than the one before; [0] not short',
  terms: ['short', 'veryShortShadow', 'near', 'far'],
  source: NISON,
  lookback: 12,
  sums: [ranges10(2), ranges10(1), ranges10(0), ranges5(2), ranges5(1), bodies10(0)],
  scan(w, from, to) {
    const ranges2 = sumAt(w, 0);
    const ranges1 = sumAt(w, 1);
    const ranges0 = sumAt(w, 2);
    const recent2 = sumAt(w, 3);
    const recent1 = sumAt(w, 4);
    const bodies = sumAt(w, 5);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          isWhite(w, i),
          isWhite(w, i - 1),
          upperShadow(w, i) < veryShortShadow(ranges0, i),
          upperShadow(w, i - 1) < veryShortShadow(ranges1, i),
        ) &&
        whiteClimb(w, i) &&
        upperShadow(w, i - 2) < veryShortShadow(ranges2, i) &&
        opensWithin(w, i - 1, near(recent2, i)) &&
        opensWithin(w, i, near(recent1, i)) &&
        body(w, i - 1) > body(w, i - 2) - far(recent2, i) &&
        body(w, i) > body(w, i - 1) - far(recent1, i) &&
        body(w, i) > averageBody(bodies, i)
          ? 100
          : 0;
    }
  },
});

/** The ways in which the second or third of three white candles shows that the advance is blocked. */
function weakens(w: CandleWindow, i: number): boolean {
  const recent2 = sumAt(w, 3);
  const recent1 = sumAt(w, 4);
  const first = body(w, i - 2);
  const second = body(w, i - 1);
  const third = body(w, i);
  const shadow = upperShadow(w, i);
  // The second is far smaller, and the third does not make it good.
  if (second < first - far(recent2, i) && third < second + near(recent1, i)) return true;
  // The third is far smaller.
  if (third < second - far(recent1, i)) return true;
  if (third >= second) return false;
  // The bodies shrink, and an upper shadow is not short; or the third has a long one.
  return (
    shadow > third ||
    (second < first &&
      (shadow > shortShadow(sumAt(w, 2), i) || upperShadow(w, i - 1) > shortShadow(sumAt(w, 1), i)))
  );
}

const ADVANCE_BLOCK = candlePattern({
  id: 'cdladvanceblock',
  aliases: ['advance_block'],
  title: 'Advance block',
  explanation:
    'Three rising white candles that lose strength: bodies shrink or upper shadows grow. Buyers meet supply; in a rise it is bearish (-100), a reason to protect gains more than to sell short.',
  rule: '[2], [1], [0] white, closes rising; [1] and [0] open above the open before, up to the close before + near; [2] long with a short upper shadow; and: [1] far shorter than [2] and [0] no longer than [1] + near, or [0] far shorter than [1], or bodies shrinking with an upper shadow of [1] or [0] not short, or [0] shorter than [1] with a long upper shadow',
  terms: ['long', 'longShadow', 'shortShadow', 'near', 'far'],
  source: NISON,
  lookback: 12,
  sums: [shadows10(2), shadows10(1), shadows10(0), ranges5(2), ranges5(1), bodies10(2)],
  scan(w, from, to) {
    const shadows = sumAt(w, 0);
    const recent2 = sumAt(w, 3);
    const recent1 = sumAt(w, 4);
    const bodies = sumAt(w, 5);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        whiteClimb(w, i) &&
        opensWithin(w, i - 1, near(recent2, i)) &&
        opensWithin(w, i, near(recent1, i)) &&
        body(w, i - 2) > averageBody(bodies, i) &&
        upperShadow(w, i - 2) < shortShadow(shadows, i) &&
        weakens(w, i)
          ? -100
          : 0;
    }
  },
});

const STALLED_PATTERN = candlePattern({
  id: 'cdlstalledpattern',
  aliases: ['stalled_pattern', 'deliberation'],
  title: 'Stalled pattern',
  explanation:
    'Two long white candles and then a small one that starts near the second close: the advance stops to deliberate. In a rise it is bearish (-100), mostly a sign to take profits.',
  rule: '[2], [1], [0] white, closes rising; [2] and [1] long; [1] with a very short upper shadow, opening above the open of [2], up to its close + near; [0] short, open ≥ close[1] − body[0] − near',
  terms: ['long', 'short', 'veryShortShadow', 'near'],
  source: NISON,
  lookback: 12,
  sums: [bodies10(2), bodies10(1), bodies10(0), ranges10(1), ranges5(2), ranges5(1)],
  scan(w, from, to) {
    const bodies2 = sumAt(w, 0);
    const bodies1 = sumAt(w, 1);
    const bodies0 = sumAt(w, 2);
    const ranges = sumAt(w, 3);
    const recent2 = sumAt(w, 4);
    const recent1 = sumAt(w, 5);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          isWhite(w, i),
          isWhite(w, i - 1),
          body(w, i - 1) > averageBody(bodies1, i),
          upperShadow(w, i - 1) < veryShortShadow(ranges, i),
        ) &&
        whiteClimb(w, i) &&
        body(w, i - 2) > averageBody(bodies2, i) &&
        opensWithin(w, i - 1, near(recent2, i)) &&
        body(w, i) < averageBody(bodies0, i) &&
        (w.open[i] as number) >= (w.close[i - 1] as number) - body(w, i) - near(recent1, i)
          ? -100
          : 0;
    }
  },
});

/** Candle j opens within the body before it, or near it. */
function opensNear(w: CandleWindow, j: number, reach: number): boolean {
  const open = w.open[j] as number;
  return open >= bottom(w, j - 1) - reach && open <= top(w, j - 1) + reach;
}

const THREE_LINE_STRIKE = candlePattern({
  id: 'cdl3linestrike',
  aliases: ['three_line_strike'],
  title: 'Three-line strike',
  explanation:
    'Three candles of one colour that carry a trend on, and a fourth of the other colour that takes all three back at a stroke. It is read as a pause in the trend of the three: white ones bullish (+100), black ones bearish (-100); some writers find turns after it instead.',
  rule: '[3], [2], [1] of one colour, closes moving its way; [2] and [1] open within the body before, or near it; [0] of the other colour, opening beyond close[1] and closing beyond open[3]; sign of the colour of [1]',
  terms: ['near'],
  source: MORRIS,
  lookback: 8,
  sums: [ranges5(3), ranges5(2)],
  scan(w, from, to) {
    const { open, close } = w;
    const recent3 = sumAt(w, 0);
    const recent2 = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      let mark = 0;
      const side = colour(w, i - 1);
      // A close beyond the first open is rare, and so the test that settles most bars.
      if (
        all(
          ((close[i] as number) - (open[i - 3] as number)) * side < 0,
          ((open[i] as number) - (close[i - 1] as number)) * side > 0,
          !sameColour(w, i, i - 1),
          sameColour(w, i - 1, i - 2),
        ) &&
        sameColour(w, i - 2, i - 3) &&
        ((close[i - 1] as number) - (close[i - 2] as number)) * side > 0 &&
        ((close[i - 2] as number) - (close[i - 3] as number)) * side > 0 &&
        opensNear(w, i - 2, near(recent3, i)) &&
        opensNear(w, i - 1, near(recent2, i))
      ) {
        mark = 100 * side;
      }
      w.marks[i] = mark;
    }
  },
});

export const SOLDIERS: readonly IndicatorDefinition[] = [
  THREE_WHITE_SOLDIERS,
  ADVANCE_BLOCK,
  STALLED_PATTERN,
  THREE_LINE_STRIKE,
];
