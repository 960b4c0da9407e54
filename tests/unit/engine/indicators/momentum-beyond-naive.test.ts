import { describe, expect, it } from 'vitest';
import type { ParameterValues } from '../../../../engine/domain/parameters.ts';
import { MOMENTUM_BEYOND } from '../../../../engine/indicators/momentum/beyond.ts';
import type { Bars } from './beyond-bars.ts';
import {
  at,
  changes,
  deviation,
  ema,
  firstDifference,
  randomBars,
  run,
  sma,
  smoothed,
  sum,
  wilder,
  window,
  zip,
} from './beyond-naive.ts';

const NONE = Number.NaN;

function rises(series: readonly number[]): number[] {
  return series.map((x) => (Number.isNaN(x) ? x : Math.max(x, 0)));
}

function falls(series: readonly number[]): number[] {
  return rises(series.map((x) => -x));
}

/** The share of Wilder's average of rises in that of all changes. */
function share(change: readonly number[], n: number): number[] {
  return zip(wilder(rises(change), n), wilder(falls(change), n), (up, down) =>
    up + down === 0 ? 0 : (100 * up) / (up + down),
  );
}

function ranges({ high, low, close }: Bars): number[] {
  return close.map((_, i) =>
    i === 0
      ? NONE
      : Math.max(at(high, i), at(close, i - 1)) - Math.min(at(low, i), at(close, i - 1)),
  );
}

function middles({ high, low }: Bars): number[] {
  return zip(high, low, (h, l) => (h + l) / 2);
}

/** Mean ranks of values, from 0, by counting. */
function ranksOf(values: readonly number[]): number[] {
  return values.map(
    (x) => values.filter((y) => y < x).length + (values.filter((y) => y === x).length - 1) / 2,
  );
}

function correlation(left: readonly number[], right: readonly number[]): number {
  const a = left.map((x) => x - sum(left) / left.length);
  const b = right.map((x) => x - sum(right) / right.length);
  const spread = Math.sqrt(sum(a.map((x) => x * x)) * sum(b.map((x) => x * x)));
  return spread === 0 ? 0 : sum(zip(a, b, (x, y) => x * y)) / spread;
}

function hump(series: readonly number[]): number[] {
  return series.map(
    (x, i) => (x + 2 * at(series, i - 1) + 2 * at(series, i - 2) + at(series, i - 3)) / 6,
  );
}

function dynamic({ close }: Bars): number[] {
  const deviations = close.map((_, i) => (i < 4 ? NONE : deviation(window(close, i, 5))));
  const usual = deviations.map((_, i) => (i < 13 ? NONE : sum(window(deviations, i, 10)) / 10));
  return close.map((_, i) => {
    if (i < 30) return NONE;
    const wanted = Math.floor(14 / (at(deviations, i) / at(usual, i)));
    const length = at(deviations, i) === 0 ? 30 : Math.max(3, Math.min(30, wanted));
    const moved = window(changes(close), i, length);
    const up = sum(rises(moved));
    const down = sum(falls(moved));
    return up + down === 0 ? 0 : (100 * up) / (up + down);
  });
}

function connors({ close }: Bars): number[] {
  const streak = close.map((_, i) => {
    const direction = (k: number): number =>
      k < 1 ? 0 : Math.sign(at(close, k) - at(close, k - 1));
    let length = 0;
    while (direction(i) !== 0 && direction(i - length) === direction(i)) length += 1;
    return length * direction(i);
  });
  const rate = close.map((x, i) => (i === 0 ? NONE : x / at(close, i - 1) - 1));
  const prices = share(changes(close), 4);
  const streaks = share(changes(streak), 3);
  return close.map((_, i) => {
    if (i < 21) return NONE;
    const below = rate.slice(i - 20, i).filter((x) => x < at(rate, i)).length;
    return (at(prices, i) + at(streaks, i) + 5 * below) / 3;
  });
}

function vigor({ open, high, low, close }: Bars): number[] {
  const bodies = hump(zip(close, open, (c, o) => c - o));
  const spans = hump(zip(high, low, (h, l) => h - l));
  return bodies.map((_, i) =>
    i < 9 ? NONE : sum(window(bodies, i, 7)) / sum(window(spans, i, 7)),
  );
}

const plain: readonly (readonly [string, string, ParameterValues, (bars: Bars) => number[]])[] = [
  ['rmi', 'rmi', { timeperiod: 6, momentum: 4 }, ({ close }) => share(changes(close, 4), 6)],
  ['dynamic_momentum_index', 'dymi', {}, dynamic],
  ['connors_rsi', 'crsi', { timeperiod: 4, streakperiod: 3, rankperiod: 20 }, connors],
  [
    'derivative_oscillator',
    'osc',
    { timeperiod: 5, firstperiod: 4, secondperiod: 3, signalperiod: 6 },
    ({ close }) => {
      const twice = ema(ema(share(changes(close), 5), 4), 3);
      return zip(twice, sma(twice, 6), (x, mean) => x - mean);
    },
  ],
  [
    'relative_volatility_index',
    'rvi',
    { deviationperiod: 6, timeperiod: 8 },
    ({ close }) => {
      const signed = changes(close).map((c, i) =>
        i < 5 ? NONE : Math.sign(c) * deviation(window(close, i, 6)),
      );
      return share(signed, 8);
    },
  ],
  [
    'relative_volatility_index',
    'rvi',
    { deviationperiod: 6, timeperiod: 8, average: 'ema' },
    ({ close }) => {
      const signed = changes(close).map((c, i) =>
        i < 5 ? NONE : Math.sign(c) * deviation(window(close, i, 6)),
      );
      return zip(ema(rises(signed), 8), ema(falls(signed), 8), (u, d) => (100 * u) / (u + d));
    },
  ],
  ['relative_vigor_index', 'rvgi', { timeperiod: 7 }, vigor],
  ['relative_vigor_index', 'signal', { timeperiod: 7 }, (bars) => hump(vigor(bars))],
  [
    'awesome',
    'ao',
    {},
    (bars) => zip(sma(middles(bars), 5), sma(middles(bars), 34), (fast, slow) => fast - slow),
  ],
  [
    'elder_ray',
    'bear',
    { timeperiod: 6 },
    ({ low, close }) => zip(low, ema(close, 6), (l, average) => l - average),
  ],
  [
    'smi',
    'signal',
    { timeperiod: 8, firstperiod: 5, secondperiod: 3, signalperiod: 4 },
    ({ high, low, close }) => {
      const top = high.map((_, i) => Math.max(...window(high, i, 8)));
      const bottom = low.map((_, i) => Math.min(...window(low, i, 8)));
      const away = close.map((c, i) => c - (at(top, i) + at(bottom, i)) / 2);
      const half = zip(top, bottom, (t, b) => (t - b) / 2);
      const smi = zip(ema(ema(away, 5), 3), ema(ema(half, 5), 3), (x, y) => (100 * x) / y);
      return ema(smi, 4);
    },
  ],
  [
    'smi_ergodic',
    'hist',
    { fastperiod: 3, slowperiod: 9, signalperiod: 4 },
    ({ close }) => {
      const moved = changes(close);
      const size = moved.map((x) => Math.abs(x));
      const smi = zip(ema(ema(moved, 9), 3), ema(ema(size, 9), 3), (x, y) => (100 * x) / y);
      return zip(smi, ema(smi, 4), (x, s) => x - s);
    },
  ],
  [
    'pgo',
    'pgo',
    { timeperiod: 9 },
    (bars) => {
      const away = zip(bars.close, sma(bars.close, 9), (c, mean) => c - mean);
      return zip(away, ema(ranges(bars), 9), (x, range) => x / range);
    },
  ],
  [
    'disparity_index',
    'disparity',
    { timeperiod: 5, average: 'ema' },
    ({ close }) => zip(close, ema(close, 5), (c, average) => 100 * (c / average - 1)),
  ],
  [
    'qstick',
    'qstick',
    {},
    ({ open, close }) =>
      sma(
        zip(close, open, (c, o) => c - o),
        8,
      ),
  ],
  [
    'sroc',
    'sroc',
    { smoothperiod: 5, timeperiod: 7 },
    ({ close }) => {
      const average = ema(close, 5);
      return average.map((x, i) => 100 * (x / at(average, i - 7) - 1));
    },
  ],
  [
    'pmo',
    'signal',
    { firstperiod: 9, secondperiod: 5, signalperiod: 4 },
    ({ close }) => {
      const rate = close.map((x, i) => 1000 * (x / at(close, i - 1) - 1));
      return ema(smoothed(smoothed(rate, 9, 2 / 9), 5, 2 / 5), 4);
    },
  ],
  [
    'rci',
    'rci',
    { timeperiod: 11 },
    ({ close }) =>
      close.map((_, i) => {
        const values = window(close, i, 11);
        const times = values.map((_value, k) => k);
        return i < 10 ? NONE : 100 * correlation(times, ranksOf(values));
      }),
  ],
  [
    'gapo',
    'gapo',
    { timeperiod: 6 },
    ({ high, low }) =>
      high.map(
        (_, i) =>
          Math.log10(Math.max(...window(high, i, 6)) - Math.min(...window(low, i, 6))) /
          Math.log10(6),
      ),
  ],
  [
    'chaikin_volatility',
    'volatility',
    { smoothperiod: 6, timeperiod: 4 },
    ({ high, low }) => {
      const average = ema(
        zip(high, low, (h, l) => h - l),
        6,
      );
      return average.map((x, i) => 100 * (x / at(average, i - 4) - 1));
    },
  ],
  [
    'ulcer_index',
    'ui',
    { timeperiod: 12 },
    ({ close }) =>
      close.map((_, i) => {
        const values = window(close, i, 12);
        const falls2 = values.map((x, k) => (x / Math.max(...values.slice(0, k + 1)) - 1) ** 2);
        return 100 * Math.sqrt(sum(falls2) / 12);
      }),
  ],
  [
    'fisher',
    'fisher',
    { timeperiod: 6 },
    (bars) => {
      const middle = middles(bars);
      let value = 0;
      let fisher = 0;
      return middle.map((p, i) => {
        if (i < 5) return NONE;
        const span = window(middle, i, 6).toSorted((a, b) => a - b);
        const bottom = at(span, 0);
        const top = at(span, 5);
        // Ehlers' own line: 0.33 × 2 × (place − 0.5) + 0.67 × the value before
        value =
          (top === bottom ? 0 : 0.33 * 2 * ((p - bottom) / (top - bottom) - 0.5)) + 0.67 * value;
        value = value > 0.99 ? 0.999 : value < -0.99 ? -0.999 : value;
        fisher = Math.atanh(value) + fisher / 2;
        return fisher;
      });
    },
  ],
];

describe('momentum indicators against a second, plain form', () => {
  it.each(plain)('%s %s %o', (id, output, parameters, slow) => {
    const definition = MOMENTUM_BEYOND.find((each) => each.id === id);
    if (definition === undefined) throw new Error(`no indicator ${id}`);
    for (const seed of [21, 22]) {
      const bars = randomBars(150, seed);
      const mine = run(definition, { ...bars }, parameters)[output];
      expect(firstDifference(mine, slow(bars))).toBe(undefined);
    }
  });
});
