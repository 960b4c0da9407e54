import type { IndicatorDefinition } from '../definition.ts';
import {
  averageBody,
  body,
  bodyGapDown,
  bodyGapUp,
  bottom,
  lowerShadow,
  near,
  sumAt,
  upperShadow,
  veryShortShadow,
  all,
  mark,
} from '../kernels/candles.ts';
import { bodies10, ranges10, ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { NISON } from './sources.ts';

const HAMMER = candlePattern({
  id: 'cdlhammer',
  aliases: ['hammer'],
  title: 'Hammer',
  explanation:
    'A short body at the top of a bar with a long lower shadow, near or under the low of the bar before: the fall was bought back. In a decline it is bullish (+100) and points to a turn up, the more so when the next bar closes higher.',
  rule: '[0] short; long lower and very short upper shadow; lower end of its body ≤ low[1] + near',
  terms: ['short', 'longShadow', 'veryShortShadow', 'near'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(0), ranges10(0), ranges5(1)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    const recent = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          upperShadow(w, i) < veryShortShadow(ranges, i),
          lowerShadow(w, i) > body(w, i),
          body(w, i) < averageBody(bodies, i),
          bottom(w, i) <= (w.low[i - 1] as number) + near(recent, i),
        ),
        100,
      );
    }
  },
});

const HANGING_MAN = candlePattern({
  id: 'cdlhangingman',
  aliases: ['hanging_man'],
  title: 'Hanging man',
  explanation:
    'The shape of a hammer, but near or over the high of the bar before: within a rise a sharp sell-off showed, even if it was bought back. It is bearish (-100) and wants a lower close next to confirm it.',
  rule: '[0] short; long lower and very short upper shadow; lower end of its body ≥ high[1] − near',
  terms: ['short', 'longShadow', 'veryShortShadow', 'near'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(0), ranges10(0), ranges5(1)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    const recent = sumAt(w, 2);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          upperShadow(w, i) < veryShortShadow(ranges, i),
          lowerShadow(w, i) > body(w, i),
          body(w, i) < averageBody(bodies, i),
          bottom(w, i) >= (w.high[i - 1] as number) - near(recent, i),
        ),
        -100,
      );
    }
  },
});

const INVERTED_HAMMER = candlePattern({
  id: 'cdlinvertedhammer',
  aliases: ['inverted_hammer'],
  title: 'Inverted hammer',
  explanation:
    'A short body at the bottom of a bar with a long upper shadow, its body gapping down from the one before: buyers made a first try. After a fall it is bullish (+100) once the next bar closes higher.',
  rule: '[0] short; long upper and very short lower shadow; body gaps down from [1]',
  terms: ['short', 'longShadow', 'veryShortShadow'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(0), ranges10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          lowerShadow(w, i) < veryShortShadow(ranges, i),
          upperShadow(w, i) > body(w, i),
          body(w, i) < averageBody(bodies, i),
          bodyGapDown(w, i, i - 1),
        ),
        100,
      );
    }
  },
});

const SHOOTING_STAR = candlePattern({
  id: 'cdlshootingstar',
  aliases: ['shooting_star'],
  title: 'Shooting star',
  explanation:
    'A short body at the bottom of a bar with a long upper shadow, its body gapping up from the one before: the rally went on at the open and failed. After a rise it is bearish (-100) and warns of a top.',
  rule: '[0] short; long upper and very short lower shadow; body gaps up from [1]',
  terms: ['short', 'longShadow', 'veryShortShadow'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(0), ranges10(0)],
  scan(w, from, to) {
    const bodies = sumAt(w, 0);
    const ranges = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] = mark(
        all(
          lowerShadow(w, i) < veryShortShadow(ranges, i),
          upperShadow(w, i) > body(w, i),
          body(w, i) < averageBody(bodies, i),
          bodyGapUp(w, i, i - 1),
        ),
        -100,
      );
    }
  },
});

export const UMBRELLAS: readonly IndicatorDefinition[] = [
  HAMMER,
  HANGING_MAN,
  INVERTED_HAMMER,
  SHOOTING_STAR,
];
