import type { IndicatorDefinition } from '../definition.ts';
import { averageBody, body, equal, isBlack, isWhite, sumAt, all } from '../kernels/candles.ts';
import { bodies10, ranges5 } from '../kernels/candle-sums.ts';
import { candlePattern } from './pattern.ts';
import { NISON } from './sources.ts';

const PIERCING = candlePattern({
  id: 'cdlpiercing',
  aliases: ['piercing', 'piercing_line', 'piercing_pattern'],
  title: 'Piercing pattern',
  explanation:
    'After a long black candle the next opens under its low and closes white above the middle of its body: the fall was turned within the bar. In a decline it is bullish (+100); the further the close pierces the body, the more.',
  rule: '[1] black, long; [0] white, long, open < low[1], close above the middle of the body of [1] and below its open',
  terms: ['long'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), bodies10(0)],
  scan(w, from, to) {
    const { open, low, close } = w;
    const before = sumAt(w, 0);
    const now = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          (open[i] as number) < (low[i - 1] as number),
          isBlack(w, i - 1),
          isWhite(w, i),
          body(w, i - 1) > averageBody(before, i),
        ) &&
        body(w, i) > averageBody(now, i) &&
        (close[i] as number) < (open[i - 1] as number) &&
        (close[i] as number) > (close[i - 1] as number) + body(w, i - 1) * 0.5
          ? 100
          : 0;
    }
  },
});

const DARK_CLOUD_COVER = candlePattern({
  id: 'cdldarkcloudcover',
  aliases: ['dark_cloud_cover', 'dark_cloud'],
  title: 'Dark cloud cover',
  explanation:
    'After a long white candle the next opens above its high and closes black deep in its body: the rally was sold. In a rise it is bearish (-100), the counterpart of the piercing pattern. `penetration` is the share of the white body that the close must take back.',
  rule: '[1] white, long; [0] black, open > high[1], close within the body of [1] and below close[1] − penetration × body[1]',
  terms: ['long'],
  source: NISON,
  lookback: 11,
  penetration: 0.5,
  sums: [bodies10(1)],
  scan(w, from, to) {
    const { open, high, close } = w;
    const penetration = w.penetration[0] as number;
    const before = sumAt(w, 0);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          (open[i] as number) > (high[i - 1] as number),
          isWhite(w, i - 1),
          isBlack(w, i),
          body(w, i - 1) > averageBody(before, i),
        ) &&
        (close[i] as number) > (open[i - 1] as number) &&
        (close[i] as number) < (close[i - 1] as number) - body(w, i - 1) * penetration
          ? -100
          : 0;
    }
  },
});

const IN_NECK = candlePattern({
  id: 'cdlinneck',
  aliases: ['in_neck', 'in_neck_pattern'],
  title: 'In-neck pattern',
  explanation:
    'After a long black candle a white one opens under its low but gets back no further than its close, or just into its body. The bounce is too weak: in a decline it is bearish (-100) and the fall tends to go on.',
  rule: '[1] black, long; [0] white, open < low[1], close[1] ≤ close ≤ close[1] + equal',
  terms: ['long', 'equal'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), ranges5(1)],
  scan(w, from, to) {
    const { open, low, close } = w;
    const bodies = sumAt(w, 0);
    const recent = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          (open[i] as number) < (low[i - 1] as number),
          isBlack(w, i - 1),
          isWhite(w, i),
          body(w, i - 1) > averageBody(bodies, i),
        ) &&
        (close[i] as number) >= (close[i - 1] as number) &&
        (close[i] as number) <= (close[i - 1] as number) + equal(recent, i)
          ? -100
          : 0;
    }
  },
});

const ON_NECK = candlePattern({
  id: 'cdlonneck',
  aliases: ['on_neck', 'on_neck_pattern'],
  title: 'On-neck pattern',
  explanation:
    'After a long black candle a white one opens under its low and closes only at that low. It is the weakest of the failed bounces: in a decline bearish (-100), the fall tends to go on.',
  rule: '[1] black, long; [0] white, open < low[1], close equal to low[1]',
  terms: ['long', 'equal'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), ranges5(1)],
  scan(w, from, to) {
    const { open, low, close } = w;
    const bodies = sumAt(w, 0);
    const recent = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      const level = low[i - 1] as number;
      w.marks[i] =
        all(
          (open[i] as number) < level,
          isBlack(w, i - 1),
          isWhite(w, i),
          body(w, i - 1) > averageBody(bodies, i),
        ) &&
        (close[i] as number) <= level + equal(recent, i) &&
        (close[i] as number) >= level - equal(recent, i)
          ? -100
          : 0;
    }
  },
});

const THRUSTING = candlePattern({
  id: 'cdlthrusting',
  aliases: ['thrusting', 'thrusting_pattern'],
  title: 'Thrusting pattern',
  explanation:
    'After a long black candle a white one opens under its low and closes in its body, but not above the middle. It is stronger than the in-neck pattern and falls short of the piercing one: in a decline still bearish (-100).',
  rule: '[1] black, long; [0] white, open < low[1], close above close[1] + equal, up to the middle of the body of [1]',
  terms: ['long', 'equal'],
  source: NISON,
  lookback: 11,
  sums: [bodies10(1), ranges5(1)],
  scan(w, from, to) {
    const { open, low, close } = w;
    const bodies = sumAt(w, 0);
    const recent = sumAt(w, 1);
    for (let i = from; i < to; i += 1) {
      w.marks[i] =
        all(
          (open[i] as number) < (low[i - 1] as number),
          isBlack(w, i - 1),
          isWhite(w, i),
          body(w, i - 1) > averageBody(bodies, i),
        ) &&
        (close[i] as number) > (close[i - 1] as number) + equal(recent, i) &&
        (close[i] as number) <= (close[i - 1] as number) + body(w, i - 1) * 0.5
          ? -100
          : 0;
    }
  },
});

export const PIERCING_LINES: readonly IndicatorDefinition[] = [
  PIERCING,
  DARK_CLOUD_COVER,
  IN_NECK,
  ON_NECK,
  THRUSTING,
];
